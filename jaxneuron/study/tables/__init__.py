"""Tables: the columns of CSV, Parquet and NPZ files as numbers, never misread."""
