// Keeps a page up to date while it is looked at. Pages read without this script. What comes is HTML of the server's
// own, escaped there, and is parsed without being run.
"use strict";

const linkState = document.getElementById("link-state");
const news = document.getElementById("news");
const kQuiet = 10000; // ms between two announcements

// ---- parts of the page

// Where the focus is, so that it can be found again in what takes its place.
function focusIn(part) {
  const focused = document.activeElement;
  if (!part.contains(focused)) return null;
  const same = (element) => element.tagName === focused.tagName &&
    (element.getAttribute("href") ?? element.form?.getAttribute("action")) ===
    (focused.getAttribute("href") ?? focused.form?.getAttribute("action"));
  return same;
}

// Dots that changed are changed; everything else of the grid stays, with its place in the scrolling and its focus.
function changeDots(part, fresh) {
  const dots = part.querySelectorAll(".dots a.mark"), next = fresh.querySelectorAll(".dots a.mark");
  if (dots.length === 0 || dots.length !== next.length) return false;
  if (dots[0].getAttribute("href") !== next[0].getAttribute("href")) return false;
  dots.forEach((dot, i) => {
    if (dot.className === next[i].className) return;
    dot.className = next[i].className;
    dot.setAttribute("aria-label", next[i].getAttribute("aria-label"));
  });
  return true;
}

const seen = new Map(); // of each part, what came last
function replacePart(part, fresh) {
  const html = fresh.innerHTML;
  if (seen.get(part.dataset.live) === html) return;
  seen.set(part.dataset.live, html);
  if (changeDots(part, fresh)) return;
  const same = focusIn(part);
  const scrolled = [...part.querySelectorAll(".wide")].map((box) => box.scrollLeft);
  const open = [...part.querySelectorAll("details")].map((details) => details.open);
  const taken = document.importNode(fresh, true);
  part.replaceWith(taken);
  taken.querySelectorAll(".wide").forEach((box, i) => { box.scrollLeft = scrolled[i] ?? 0; });
  taken.querySelectorAll("details").forEach((details, i) => { details.open = open[i] ?? false; });
  if (same) [...taken.querySelectorAll("a,button,[tabindex]")].find(same)?.focus();
}

let lastNews = 0;
function takePage(html) {
  const fresh = new DOMParser().parseFromString(html, "text/html");
  fresh.querySelectorAll("[data-live]").forEach((part) => {
    const shown = document.querySelector(`[data-live="${CSS.escape(part.dataset.live)}"]`);
    if (shown) replacePart(shown, part);
  });
  if (fresh.title && fresh.title !== document.title) {
    document.title = fresh.title;
    if (Date.now() - lastNews > kQuiet) {
      lastNews = Date.now();
      news.textContent = fresh.title.split(" · ")[0];
    }
  }
  showAges();
}

// ---- ages

function ageText(millis) {
  const seconds = Math.floor(Math.abs(millis) / 1000);
  const amount = seconds < 100 ? `${seconds} s` : seconds < 6000 ? `${Math.floor(seconds / 60)} min`
    : seconds < 172800 ? `${Math.floor(seconds / 3600)} h` : `${Math.floor(seconds / 86400)} days`;
  return millis < 0 ? `in ${amount}` : `${amount} ago`;
}

function showAges() {
  document.querySelectorAll("[data-at]").forEach((age) => {
    const text = ageText(Date.now() - Number(age.dataset.at));
    if (age.textContent !== text) age.textContent = text;
  });
}

// ---- what comes

function follow(path) {
  const source = new EventSource(path);
  source.addEventListener("page", (event) => takePage(event.data));
  source.addEventListener("open", () => {
    linkState.textContent = "live";
    linkState.className = "";
  });
  source.addEventListener("error", () => {
    linkState.textContent = "The coordinator does not answer; what is shown may be old. Trying again.";
    linkState.className = "lost";
  });
}

function followLog(box) {
  const source = new EventSource(box.dataset.log);
  source.addEventListener("log", (event) => {
    const piece = JSON.parse(event.data);
    const atEnd = box.scrollTop + box.clientHeight >= box.scrollHeight - 4;
    box.textContent = (box.textContent + piece.text).slice(-200000);
    if (atEnd) box.scrollTop = box.scrollHeight;
  });
  const end = (words) => {
    if (box.textContent === "") box.textContent = words;
    source.close();
  };
  source.addEventListener("end", () => end("Nothing of it is running now."));
  source.addEventListener("problem", (event) => end(event.data));
}

// ---- keys: the arrows go from dot to dot

function moveAmongDots(event) {
  const dot = event.target.closest?.(".dots a.mark");
  if (!dot) return;
  const cell = dot.parentElement, row = cell.parentElement, rows = [...row.parentElement.children];
  const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
  if (!step) return;
  const to = rows[rows.indexOf(row) + step[0]]?.children[[...row.children].indexOf(cell) + step[1]];
  const next = to?.querySelector("a.mark");
  if (!next) return;
  event.preventDefault();
  dot.tabIndex = -1;
  next.tabIndex = 0;
  next.focus();
}

document.addEventListener("keydown", moveAmongDots);
setInterval(showAges, 1000);
showAges();
if (document.body.dataset.events) follow(document.body.dataset.events);
document.querySelectorAll("[data-log]").forEach(followLog);
