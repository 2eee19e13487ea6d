"""The report: one HTML file of what was asked and what was found, with maps and lives to click through."""
