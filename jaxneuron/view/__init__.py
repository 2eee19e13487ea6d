"""How it looks: figures (`plots`), HTML pages (`web`), and what a `terminal` and a `notebook` show."""
