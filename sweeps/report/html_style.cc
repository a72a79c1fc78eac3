#include "sweeps/report/html_parts.h"

namespace evensweep {

// Colours tell apart under the common forms of colour blindness: blue against vermillion, grey for the baseline.
// Shades of a matrix are one colour over the background with rising opacity, so dark mode needs no second table.
const char kStyleSheet[] = R"css(
:root{color-scheme:light dark;--bg:#fff;--fg:#1b1f24;--muted:#59636e;--rule:#d5dae0;--soft:#f4f6f8;
--gain:#0067a5;--loss:#b8430b;--base:#8a929b;--on:#fff;--warn:#fff4d6}
@media (prefers-color-scheme:dark){:root{--bg:#15181c;--fg:#e8eaed;--muted:#a3abb4;--rule:#3a4149;--soft:#1e2329;
--gain:#5cb3ea;--loss:#f0874f;--base:#7d8690;--on:#0c0e10;--warn:#3d3210}text.on6,text.on7{fill:var(--on)}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:1200px;padding:1.5rem 1rem 4rem;background:var(--bg);color:var(--fg);
font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;overflow-wrap:break-word}
h1{font-size:1.7rem;line-height:1.25;margin:0 0 .3rem}h2{font-size:1.25rem;margin:2.2rem 0 .6rem;
border-bottom:1px solid var(--rule);padding-bottom:.2rem}h3{font-size:1rem;margin:1.4rem 0 .4rem}
p,ul,ol{margin:.4rem 0}ul,ol{padding-left:1.3rem}li{margin:.2rem 0}
.muted{color:var(--muted)}.warn{background:var(--warn);padding:.6rem .8rem;border-radius:6px;font-weight:600}
.verdicts li{margin:.45rem 0}
.grid{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,440px),1fr));gap:1.2rem 2rem}
.three{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,300px),1fr));gap:.5rem 1rem}
figure{margin:.4rem 0;min-width:0}figcaption{color:var(--muted);font-size:.85rem;text-align:center}
svg{display:block;width:100%;height:auto;max-width:700px;margin:0 auto}
.three svg{max-width:420px}
.legend{list-style:none;padding:0;display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;font-size:.85rem}
.legend svg{display:inline-block;width:28px;vertical-align:middle}
details{margin:.5rem 0}summary{cursor:pointer;color:var(--gain)}
.wide{overflow-x:auto;margin:.5rem 0}
caption{text-align:left;color:var(--muted);padding:.2rem 0}a{color:var(--gain)}
nav ul{list-style:none;padding:0;display:flex;flex-wrap:wrap;gap:.2rem 1.1rem;font-size:.85rem}
table{border-collapse:collapse;font-size:.85rem;font-variant-numeric:tabular-nums}
th,td{padding:.25rem .5rem;border-bottom:1px solid var(--rule);text-align:right;white-space:nowrap;vertical-align:top}
thead th{white-space:normal;vertical-align:bottom;background:var(--soft)}
th:first-child{text-align:left}tbody th{font-weight:500}
.wordy td,.wordy th{text-align:left;white-space:normal}.arms table{font-size:.8rem}.arms tbody th{white-space:normal}.arms th:last-child{text-align:left}.arms td:last-child{text-align:left;white-space:normal;min-width:9rem}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1rem}dt{color:var(--muted)}dd{margin:0;min-width:0;overflow-wrap:anywhere}
code,pre{font-family:ui-monospace,"Cascadia Mono","DejaVu Sans Mono",monospace;font-size:.88em}
pre{background:var(--soft);padding:.6rem .8rem;border-radius:6px;overflow-x:auto}
:focus-visible{outline:2px solid var(--gain);outline-offset:2px}
@media (max-width:560px){.broad{overflow-x:auto}.broad svg{min-width:540px}}
@media print{nav{display:none}:root{--bg:#fff;--fg:#000;--muted:#444;--rule:#bbb;--soft:#f4f4f4;--gain:#0067a5;--loss:#b8430b;--base:#888;
--on:#fff;--warn:#fff}body{max-width:none;font-size:10pt;padding:0}figure,tr,p{break-inside:avoid}
h2,h3,h2+p,h3+p{break-after:avoid}*{-webkit-print-color-adjust:exact;print-color-adjust:exact}pre{white-space:pre-wrap;overflow-wrap:anywhere}
.wide{overflow:visible}table,.arms table{font-size:7pt}th,td{white-space:normal;padding:.12rem .2rem}
thead th{overflow-wrap:anywhere}.arms thead th{overflow-wrap:normal}.arms td:not(:last-child){white-space:nowrap}
.grid{grid-template-columns:1fr 1fr}.three{grid-template-columns:1fr 1fr 1fr}}
@page{size:A4;margin:15mm}
)css";

const char kFigureStyle[] = R"css(
text{font-family:inherit;font-size:12px;fill:var(--fg)}
text.m{fill:var(--muted)}text.b{font-weight:700;font-size:13px}text.t{font-size:12px}text.sm{font-size:10px}
text.xs{font-size:8px}text.e{text-anchor:end}text.c{text-anchor:middle}text.k{font-size:10px;text-anchor:middle}
.on8,.on9,.on10{fill:var(--on)}text.tg{fill:var(--gain)}text.tl{fill:var(--loss)}
path{fill:none}.g{stroke:var(--rule)}.a{stroke:var(--muted)}.zero{stroke:var(--fg);stroke-dasharray:4 3}
.ci{stroke:var(--gain);stroke-width:2.5}.mean{fill:var(--gain)}.dot{fill:var(--base);fill-opacity:.75}
.base{fill:var(--base)}.gain{fill:var(--gain)}.loss{fill:var(--loss)}.wh{stroke:var(--fg)}
.h{paint-order:stroke;stroke:var(--bg);stroke-width:4px}
.frame{fill:none;stroke:var(--muted)}.way{stroke-width:2}.gl{stroke:var(--gain)}.ll{stroke:var(--loss)}
.front{stroke:var(--gain);stroke-dasharray:6 4}.arrow{stroke:var(--muted)}.cross{stroke:var(--base)}.faded{opacity:.4}
.start{fill:var(--bg);stroke:var(--fg);stroke-width:2.5}.band{fill-opacity:.15}
.f0{fill:#0072b2}.f1{fill:#d55e00}.f2{fill:#009e73}.f3{fill:#cc79a7}.f4{fill:#56b4e9}.f5{fill:#e69f00}.f6{fill:#8f7ee7}
.s1,.s2,.s3,.s4,.s5,.s6,.s7,.s8,.s9,.s10,.p1,.p2,.p3,.p4,.p5,.p6,.p7,.p8,.p9,.p10{fill:var(--gain)}
.n1,.n2,.n3,.n4,.n5,.n6,.n7,.n8,.n9,.n10{fill:var(--loss)}
.s1,.p1,.n1{fill-opacity:.1}.s2,.p2,.n2{fill-opacity:.2}.s3,.p3,.n3{fill-opacity:.3}.s4,.p4,.n4{fill-opacity:.4}
.s5,.p5,.n5{fill-opacity:.5}.s6,.p6,.n6{fill-opacity:.6}.s7,.p7,.n7{fill-opacity:.7}.s8,.p8,.n8{fill-opacity:.8}
.s9,.p9,.n9{fill-opacity:.9}
.l{fill:none;stroke-width:1.6}.lb{stroke:var(--fg);stroke-width:3}
.c0{stroke:#0072b2}.c1{stroke:#d55e00}.c2{stroke:#009e73}.c3{stroke:#cc79a7}.c4{stroke:#56b4e9}.c5{stroke:#e69f00}
.c6{stroke:#8f7ee7}.d1{stroke-dasharray:7 3}.d2{stroke-dasharray:2 2}.d3{stroke-dasharray:8 3 2 3}
.d4{stroke-dasharray:12 4}.d5{stroke-dasharray:1 4}
)css";

}  // namespace evensweep
