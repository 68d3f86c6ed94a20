# SPDX-License-Identifier: MIT
"""The figures of README's table that compares, taken from RESULTS.md."""

LAST_WORDS = "| a write that hangs in the kernel "  # the row that the figures stand behind
COUNT = "16"
IN_BOOT = "| in the boot, of the least that binds (Debian 13, 16 devices) "
INSTRUCTIONS = "| instructions of its own, 16 devices "
IN_IMAGE = "| bytes in an image "
NOTHING = "–"
# The sentence that the plot stands behind, and the plot, where there is one.
PLOT_WORDS = "What each costs"
PLOT = "![Virtual milliseconds that each way of binding takes in the boot](bench/boot.svg)"


def tables_of(text):
    """All tables of a text: the head, and the rows, as lists of cells."""
    tables = []
    for line in text.splitlines():
        if not line.startswith("|"):
            tables.append([])
            continue
        if not tables:
            tables.append([])
        tables[-1].append([cell.strip() for cell in line.strip("|").split("|")])
    return [(table[0], table[2:]) for table in tables if len(table) > 2]


def _cell(tables, head, row_starts, column):
    """The cell in the row whose first cells are these, of the first table whose head begins so; None where there is none."""
    for names, rows in tables:
        if names[: len(head)] != head:
            continue
        for row in rows:
            if row[: len(row_starts)] == row_starts:
                return row[names.index(column)]
    return None


def rows_of(results):
    """The rows with figures, as far as RESULTS.md has them."""
    tables = tables_of(results)

    def of_boot(title):
        names = next((names for names, _ in tables if names[0] == "Debian 13"), [])
        time = f"{COUNT} NICs, ms"
        if time not in names:
            return None
        row = next((row for head, rows in tables if head == names for row in rows if row[0] == title), None)
        return row[names.index(time) + 1] if row else None

    def of_tree(name):
        return _cell(tables, ["endpoints"], [COUNT, name], "instructions")

    def of_size(name):
        return _cell(tables, ["bytes"], [name], "plain")

    import contestants  # pylint: disable=import-outside-toplevel
    import tree  # pylint: disable=import-outside-toplevel
    import size  # pylint: disable=import-outside-toplevel

    figures = {
        IN_BOOT: [of_boot(contestants.CONTESTANTS[name].title) for name in ("vfio-early", "ids", "driverctl", "recipe")],
        INSTRUCTIONS: [of_tree(tree.OURS), NOTHING, of_tree(tree.DRIVERCTL), of_tree(tree.DASH)],
        IN_IMAGE: [of_size(size.OURS), NOTHING, of_size(size.DRIVERCTL), NOTHING],
    }
    return {start: f"{start}| {' | '.join(cells)} |" for start, cells in figures.items() if all(cells)}


def updated(readme, results):
    """README with the figures of RESULTS.md."""
    rows = rows_of(results)
    lines = [line for line in readme.splitlines() if not line.startswith((IN_BOOT, INSTRUCTIONS, IN_IMAGE))]
    behind = next(i for i, line in enumerate(lines) if line.startswith(LAST_WORDS)) + 1
    text = "\n".join([*lines[:behind], *rows.values(), *lines[behind:]]) + "\n"
    text = text.replace(f"\n{PLOT}\n", "")
    if IN_BOOT not in rows:
        return text
    sentence = next(line for line in text.splitlines() if line.startswith(PLOT_WORDS))
    return text.replace(f"{sentence}\n", f"{sentence}\n\n{PLOT}\n")
