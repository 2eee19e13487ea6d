"""For eyes. Numbers are computed first, by the files of this folder, and drawn second, by its folders:
figures in `plots`, the HTML page in `report`, and what a `terminal` and a `notebook` show."""
