"""An interruption that arrives wrapped in another exception."""


def interruption(error: BaseException) -> BaseException | None:
    """The Ctrl-C or exit that ``error`` was made of, None if it is an error of its own.

    Before Python 3.12 what is raised while a class is being made (``__set_name__``, so during the
    import of any module) comes out as a `RuntimeError` with the real one as its cause
    (https://docs.python.org/3/whatsnew/3.12.html#other-language-changes); libraries wrap too.
    """
    seen: set[int] = set()
    at: BaseException | None = error
    while at is not None and id(at) not in seen:
        if isinstance(at, (KeyboardInterrupt, SystemExit)):
            return at
        seen.add(id(at))
        at = at.__cause__ or (None if at.__suppress_context__ else at.__context__)
    return None
