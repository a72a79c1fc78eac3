#!/usr/bin/env python3
"""Plants violations, one at a time, and demands that each is found where it is, and nothing else."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent))
import check_includes  # noqa: E402

SCRIPT = pathlib.Path(__file__).parent / "check_includes.py"


def found(file: str, text: str) -> list[tuple[int, str]]:
    return [(violation.line, violation.what) for violation in check_includes.violations_of_file(file, text)]


class Directions(unittest.TestCase):
    def test_a_lower_folder_and_the_own_folder_may_be_included(self):
        text = '#pragma once\n#include <vector>\n#include "common/base/status.h"\n#include "coordinator/core/events.h"\n'
        self.assertEqual(found("coordinator/core/core.h", text), [])

    def test_upwards_is_found(self):
        self.assertEqual(
            found("common/base/file.h", '\n#include "common/model/spec.h"\n'),
            [(2, "common/base must not include common/model, which is not below it")],
        )

    def test_sideways_is_found(self):
        self.assertEqual(len(found("agent/core/core.cc", '#include "coordinator/core/core.h"\n')), 1)
        self.assertEqual(len(found("sweeps/stats/a.cc", '#include "sweeps/spec/parse.h"\n')), 1)

    def test_every_pair_of_folders(self):
        for folder, level in check_includes.LEVEL_OF.items():
            for other, other_level in check_includes.LEVEL_OF.items():
                allowed = folder == other or other_level < level
                count = len(found(f"{folder}/a.cc", f'#include "{other}/b.h"\n'))
                self.assertEqual(count, 0 if allowed else 1, f"{folder} -> {other}")

    def test_tests_may_include_all_but_nobody_includes_tests(self):
        self.assertEqual(found("tests/unit/cli/a.cc", '#include "cli/run.h"\n'), [])
        self.assertEqual(len(found("cli/run.cc", '#include "tests/support/fake.h"\n')), 1)

    def test_a_bare_file_name_is_found(self):
        self.assertEqual(len(found("cli/run.cc", '#include "run.h"\n')), 1)

    def test_a_folder_without_level_is_found(self):
        self.assertEqual(len(found("agent/extra/a.cc", "\n")), 1)


class Definitions(unittest.TestCase):
    HEAD = "namespace evensweep {\n"
    TAIL = "}  // namespace evensweep\n"

    def repeated(self, **texts: str) -> list[str]:
        files = {name.replace("__", "/") + ".h": self.HEAD + text + self.TAIL for name, text in texts.items()}
        return [str(violation) for violation in check_includes.repeated_definitions(files)]

    def test_two_of_one_name_are_found(self):
        self.assertEqual(
            self.repeated(agent__core__a="struct Done {\n};\n", coordinator__core__b="struct Done {\n};\n"),
            ["coordinator/core/b.h:2: evensweep::Done is defined in agent/core/a.h too; rename one, or hide it"],
        )

    def test_bases_and_enums_count(self):
        self.assertEqual(len(self.repeated(cli__a="class D final : public B {\n};\n", agent__core__b="enum class D { kX };\n")), 1)

    def test_other_namespaces_declarations_and_members_of_classes_are_fine(self):
        hidden = "namespace {\nstruct Done {\n};\n}  // namespace\n"
        own = "namespace x {\nstruct Done {\n};\n}  // namespace x\n"
        self.assertEqual(self.repeated(cli__a="struct Done {\n};\n", agent__core__b=hidden, sweeps__stats__c=own), [])
        self.assertEqual(self.repeated(cli__a="class Host {\n};\n", agent__core__b="class Host;\nclass Host::Impl {\n};\n"), [])

    def test_the_trainer_shares_only_common_with_others(self):
        self.assertEqual(self.repeated(agent__trainer__a="struct V {};\n", cli__b="struct V {};\n"), [])
        self.assertEqual(len(self.repeated(common__base__a="struct V {};\n", agent__trainer__b="struct V {};\n")), 1)


class Purity(unittest.TestCase):
    def test_each_banned_include_is_found_in_a_core(self):
        for header in [
            "boost/asio.hpp", "grpcpp/grpcpp.h", "google/protobuf/message.h", "sqlite3.h", "SQLiteCpp/Database.h",
            "spdlog/spdlog.h", "torch/torch.h", "thread", "mutex", "random", "evensweep/v1/sweeps.pb.h",
        ]:  # fmt: skip
            for folder in check_includes.PURE:
                faults = [what for _, what in found(f"{folder}/core.cc", f"#include <{header}>\n") if "is pure" in what]
                self.assertEqual(len(faults), 1, f"{folder}: {header}")

    def test_clocks_are_found_in_a_core_but_not_in_its_comments(self):
        self.assertEqual(len(found("agent/core/core.cc", "auto t = std::chrono::steady_clock::now();\n")), 1)
        self.assertEqual(found("agent/core/core.cc", "// never steady_clock\n/* system_clock\nnor this */ int a;\n"), [])
        self.assertEqual(found("common/base/clock.cc", "auto t = std::chrono::steady_clock::now();\n"), [])


class Homes(unittest.TestCase):
    def test_libraries_are_at_home_only_in_their_folders(self):
        for folder, header, faults in [
            ("agent/trainer", "torch/torch.h", 0),
            ("agent/process", "torch/torch.h", 1),
            ("tests/unit/trainer", "torch/torch.h", 0),
            ("tests/unit/stats", "torch/torch.h", 1),
            ("common/wire", "google/protobuf/message.h", 0),
            ("common/model", "google/protobuf/message.h", 1),
            ("agent/link", "grpcpp/grpcpp.h", 0),
            ("common/wire", "grpcpp/grpcpp.h", 1),
            ("coordinator/store", "SQLiteCpp/Database.h", 0),
            ("sweeps/report", "SQLiteCpp/Database.h", 1),
            ("common/base", "spdlog/spdlog.h", 0),
            ("cli", "spdlog/spdlog.h", 1),
        ]:
            self.assertEqual(len(found(f"{folder}/a.cc", f"#include <{header}>\n")), faults, f"{folder}: {header}")


class Sizes(unittest.TestCase):
    def test_400_lines_are_allowed_and_401_are_not(self):
        self.assertEqual(found("cli/run.cc", "\n" * 400), [])
        self.assertEqual(found("cli/run.cc", "\n" * 401), [(401, "the file has 401 lines; at most 400")])
        self.assertEqual(found("tests/unit/cli/run_test.cc", "\n" * 401), [])


class Names(unittest.TestCase):
    def test_empty_words_are_found(self):
        for name in ["RunManager", "SweepHelper", "FileUtil", "FileUtils", "Utility"]:
            self.assertEqual(len(found("cli/run.h", f"class {name} {{\n")), 1, name)
            self.assertEqual(len(found("cli/run.h", f"enum class {name} {{\n")), 1, name)
        for name in ["Utilization", "RunQueue"]:
            self.assertEqual(found("cli/run.h", f"class {name} {{\n"), [], name)

    def test_empty_words_are_found_in_file_names(self):
        self.assertEqual(len(found("cli/string_util.h", "\n")), 1)
        self.assertEqual(len(found("cli/manager.cc", "\n")), 1)
        self.assertEqual(found("agent/devices/utilization.cc", "\n"), [])


class Program(unittest.TestCase):
    def run_on(self, files: dict[str, str]) -> subprocess.CompletedProcess:
        with tempfile.TemporaryDirectory() as root:
            for name, text in files.items():
                path = pathlib.Path(root) / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
            return subprocess.run([sys.executable, SCRIPT, root], capture_output=True, text=True, check=False)

    def test_a_clean_tree_gives_0_and_no_word(self):
        result = self.run_on({"cli/main.cc": '#include "common/base/log.h"\n'})
        self.assertEqual((result.returncode, result.stdout), (0, ""))

    def test_a_violation_gives_1_and_a_line_with_its_place(self):
        result = self.run_on({"cli/main.cc": "\n", "common/base/a.h": '\n#include "cli/run.h"\n'})
        self.assertEqual(result.returncode, 1)
        self.assertEqual(result.stdout.count("\n"), 1)
        self.assertTrue(result.stdout.startswith("common/base/a.h:2: "), result.stdout)

    def test_a_tree_without_files_is_an_error(self):
        self.assertEqual(self.run_on({}).returncode, 2)


if __name__ == "__main__":
    unittest.main()
