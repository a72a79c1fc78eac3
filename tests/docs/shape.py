"""Whether what a command printed has the shape that a page shows.

Words and whole numbers must be the same. What differs from one machine and day to the next may differ: numbers with
decimal places, amounts of time, memory and speed, times of day, ids in hexadecimal digits, and how much space is
between the columns. `...` alone on a line stands for any number of lines, within a line for any text.
"""

import re

_REST = (
    (re.compile(r"\b\d{8}T\d{6}(?:\.\d+)?Z"), "<time>"),
    (re.compile(r"\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z| UTC)?)?"), "<time>"),
    (re.compile(r"\b\d+:\d\d(?::\d\d)?\b(?!\.)"), "<time>"),
    (re.compile(r"\b(?:(?=[0-9a-f]*[0-9])(?=[0-9a-f]*[a-f])[0-9a-f]{8,11}|[0-9a-f]{12,64})\b"), "<id>"),
    (re.compile(r"[-+\u2212]?\b\d+(?:\.\d+)? ?(?:ms|s|min|h|d|seconds?|minutes?|hours?|days?)\b"), "<duration>"),
    (re.compile(r"\b\d+(?:\.\d+)? ?(?:[kKMGT]i?)?B\b"), "<size>"),
    (re.compile(r"(?:[<>] ?)?[-+\u2212]?\d+\.\d+(?:e[-+]?\d+)?(?![.\d])"), "<number>"),
    (re.compile(r"[-+\u2212]?\b\d+(?= ?[kM]\b| ?%)"), "<number>"),
    (re.compile(r"\b(pid|process) \d+"), r"\1 <number>"),
)


def shape(line):
    """A line less what may differ."""
    for pattern, word in _REST:
        line = pattern.sub(word, line)
    return re.sub(r"\s+", " ", line).strip()


def _fits(shown, printed):
    pieces = [re.escape(shape(piece)) for piece in shown.split("...")]
    return re.fullmatch(r"\s*.*?\s*".join(pieces), shape(printed)) is not None


def align(shown, printed):
    """For each line that is shown the lines printed that it stands for, or None if the shapes differ."""
    # reach[i][j]: whether shown[i:] can stand for printed[j:].
    rows, columns = len(shown), len(printed)
    reach = [[False] * (columns + 1) for _ in range(rows + 1)]
    reach[rows][columns] = True
    for i in range(rows - 1, -1, -1):
        for j in range(columns, -1, -1):
            if shown[i].strip() == "...":
                reach[i][j] = reach[i + 1][j] or (j < columns and reach[i][j + 1])
            else:
                reach[i][j] = j < columns and reach[i + 1][j + 1] and _fits(shown[i], printed[j])
    if not reach[0][0]:
        return None
    pairs, j = [], 0
    for i in range(rows):
        start = j
        if shown[i].strip() == "...":
            while not reach[i + 1][j]:
                j += 1
        else:
            j += 1
        pairs.append((shown[i], printed[start:j]))
    return pairs


def brought_up_to_date(shown, printed):
    """What a page should show: what was printed, less what it leaves out by `...` where the shape is still the same."""
    pairs = align(shown, printed)
    if pairs is None:
        return list(printed)
    return [line if "..." in line else lines[0] for line, lines in pairs]
