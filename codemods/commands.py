"""Commands for LibCST's own runner: ``python -m libcst.tool codemod -x pexec.codemods.commands.X``.

LibCST documents them under "Working with Codemods" (https://libcst.readthedocs.io).
"""

from __future__ import annotations

import argparse

from libcst import Module, parse_module
from libcst.codemod import CodemodCommand, CodemodContext, SkipFile

from ..analyzer.config import Config
from ..analyzer.engine import Analyzed, Failed
from ..analyzer.settings import Request, Settings
from ..analyzer.workers import Task, analyze_task
from .rewrite import rewrite


class GatherCommand(CodemodCommand):
    """What ``pexec-fix`` does to a file, with the settings that hold for it.

    A file that cannot be read is skipped (``SkipFile``) with the place and the cause.
    """

    DESCRIPTION = "Let independent awaited calls run together, as pexec-fix does."

    def __init__(self, context: CodemodContext, unsafe_fixes: bool = False) -> None:
        super().__init__(context)
        self.unsafe_fixes = unsafe_fixes

    @staticmethod
    def add_args(arg_parser: argparse.ArgumentParser) -> None:
        arg_parser.add_argument(
            "--unsafe-fixes",
            action="store_true",
            help="Also rewrites after which, in a run where a call fails, writes of later calls "
            "may have happened already.",
        )

    def transform_module_impl(self, tree: Module) -> Module:
        filename = self.context.filename
        config = Config() if filename is None else Settings(Request((filename,))).of(filename)
        name = filename or "<source>"
        task = Task(tree.bytes, name, config, self.unsafe_fixes, script=filename is not None)
        result = analyze_task(task, rewrite)
        if isinstance(result, Failed):
            raise SkipFile(f"{result.line}:{result.column}: {result.message}")
        if not isinstance(result, Analyzed) or result.fixed is None:
            return tree
        return parse_module(result.source.encode(result.fixed), tree.config_for_parsing)
