"""The report: one HTML file of a study and its results, with maps and lives to click through."""
