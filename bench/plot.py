# SPDX-License-Identifier: MIT
"""A plot of the boots: a bar for each contestant, for the most endpoints that were measured."""

import pathlib
import sys
from xml.sax.saxutils import escape

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

# A grey that can be read on white and on black; what is ours stands out.
TEXT = "#808080"
BAR = "#8fa3b8"
OURS = "#d2691e"
LINE = 22
LEFT = 330
WIDTH = 760
BARS = 300


def bars_of(data, count="16"):
    """For each system: its title, and (name, title, milliseconds, remark) for each bar."""
    import boot  # pylint: disable=import-outside-toplevel

    for system, title in boot.SYSTEMS.items():
        rows = []
        for name, contestant in boot.CONTESTANTS.items():
            results = data.get(system, {}).get(name, {})
            time = boot.milliseconds(results.get(count))
            if time is not None:
                outcome = results.get(str(boot.COUNT_OF_OUTCOME), {}).get("outcome")
                rows.append((name, contestant.title.replace("`", ""), time, remark_of(outcome, boot.COUNT_OF_OUTCOME)))
        if rows:
            yield title, rows


def remark_of(outcome, count):
    """What a bar's length does not tell, of so many devices."""
    if not outcome or (outcome["bound"] == count and not outcome["probed"]):
        return ""
    if outcome["probed"]:
        return "host drivers first"
    return "binds none" if not outcome["bound"] else f"binds {outcome['bound']} of {count}"


def svg(data, count="16"):
    """The plot as text; the same for the same data."""
    systems = list(bars_of(data, count))
    longest = max((time for _, rows in systems for _, _, time, _ in rows), default=1)
    shapes = []
    y = LINE
    shapes.append(_text(0, y, f"Virtual milliseconds from start to end in the boot, {count} endpoints", "bold"))
    for title, rows in systems:
        y += 1.5 * LINE
        shapes.append(_text(0, y, title, "bold"))
        for name, label, time, remark in rows:
            y += LINE
            colour = OURS if name == "vfio-early" else BAR
            length = time / longest * BARS
            shapes.append(_text(0, y, label))
            shapes.append(f'<rect x="{LEFT}" y="{y - 13:g}" width="{length:.1f}" height="16" fill="{colour}"/>')
            shapes.append(_text(LEFT + length + 6, y, f"{time:.0f}{', ' + remark if remark else ''}"))
    height = y + LINE
    opening = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:g}" font-family="sans-serif" font-size="13" fill="{TEXT}">'
    return "\n".join([opening, *shapes, "</svg>"]) + "\n"


def _text(x, y, text, weight=""):
    bold = f' font-weight="{weight}"' if weight else ""
    return f'<text x="{x:.1f}" y="{y:g}"{bold}>{escape(text)}</text>'
