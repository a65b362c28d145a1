"""The overview as CSV: what the page shows, one figure a line, for a spreadsheet."""

import csv
import io

from clinicbot.console.overview_rows import Overview
from clinicbot.console.texts import Words
from clinicbot.csv_cells import harmless
from clinicbot.store.overview import Period


def to_csv(overview: Overview, period: Period, words: Words) -> str:
    """With a byte order mark, without which a spreadsheet doesn't read Turkish letters. Column titles are in the
    person's language; ids, days (ISO 8601) and whole numbers are the same everywhere."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    columns = ("figure", "id", "name", "count", "before")
    writer.writerow([words(f"overview.column_{column}") for column in columns])
    for name, ends in (("since", (period.first, period.before.first)), ("until", (period.last, period.before.last))):
        writer.writerow([words(f"overview.{name}"), "", "", *(day.isoformat() for day in ends)])
    writer.writerow([words("overview.total"), "", "", overview.now.total, overview.before.total])
    for day, before in zip(period.days, period.before.days, strict=True):
        counts = overview.now.days[day], overview.before.days[before]
        writer.writerow([words("overview.per_day"), day.isoformat(), "", *counts])
    for section, rows in overview.sections.items():
        for row in rows:
            cells = (words(f"overview.{section}"), row.id, row.name)
            writer.writerow([*map(harmless, cells), row.count, row.before])
    return "\ufeff" + buffer.getvalue()
