"""A sweep that is stopped by its progress, as Ctrl-C in the middle would."""


class Stop(Exception):
    """What the progress raises."""


def stop_after(chunks):
    """A progress that stops the sweep when so many chunks are written."""
    told = []

    def progress(done, total):
        told.append(done)
        if len(told) > chunks:
            raise Stop

    return progress
