"""Every key the code shows has words, and no words lie about that nothing shows."""

import ast
import re

import pytest

from custom_components.plex_steward.plex import errors as plex_errors

from .reading import INTEGRATION, called, english, keyword, leaves, literal, name_of, nodes, used

FLOWS = ("config", "config_subentries", "options")
OF_HOME_ASSISTANT = {
    "already_configured",
    "already_in_progress",
    "reauth_successful",
    "reconfigure_successful",
    "no_devices_found",
    "unique_id_mismatch",
}
"""Reasons that Home Assistant's own helpers give."""


@pytest.fixture(scope="module")
def texts():
    return english()


def flow_parts(texts, part):
    """Return all keys that stand under `part` ("step", "error", "abort", "progress") of any flow."""
    flows = [texts.get("config", {}), texts.get("options", {}), *texts.get("config_subentries", {}).values()]
    flows += [issue["fix_flow"] for issue in texts.get("issues", {}).values() if "fix_flow" in issue]
    return {key for flow in flows for key in flow.get(part, {})}


def given(names, argument):
    """Give every literal that is handed to a call of one of `names` as `argument`."""
    for path, call in nodes(ast.Call):
        if called(call) in names and (value := literal(keyword(call, argument))):
            yield path, value


def test_steps_have_words(texts):
    steps = flow_parts(texts, "step")
    shown = given({"async_show_form", "async_show_menu", "async_external_step"}, "step_id")
    assert {(name_of(path), step) for path, step in shown if step not in steps} == set()


def test_aborts_have_words(texts):
    known = flow_parts(texts, "abort") | OF_HOME_ASSISTANT
    assert {
        (name_of(path), reason) for path, reason in given({"async_abort"}, "reason") if reason not in known
    } == set()


def test_errors_of_forms_have_words(texts):
    known = flow_parts(texts, "error")
    assigned = {
        (name_of(path), value)
        for path, node in nodes(ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name) and target.value.id == "errors"
        if (value := literal(node.value))
    }
    assert {(path, value) for path, value in assigned if value not in known} == set()


def test_errors_of_the_plex_ring_have_words_on_both_sides_of_the_border(texts):
    """A code is the key of an exception, where somebody waits for an answer, and of a form's error."""
    kinds = [
        kind
        for kind in vars(plex_errors).values()
        if isinstance(kind, type) and issubclass(kind, plex_errors.PlexError)
    ]
    codes = {kind.code for kind in kinds}
    border = {code for code in codes if code not in texts["exceptions"]}
    assert border <= {code for code in codes if code in flow_parts(texts, "step") | flow_parts(texts, "error")} | {
        "address_error",
        *(code for code in codes if code.startswith("pin_")),
    }


def test_exceptions_have_words(texts):
    found = set()
    for path, call in nodes(ast.Call):
        if re.search(r"(Error|Failed|NotReady)$", called(call)) and (key := literal(keyword(call, "translation_key"))):
            found.add((name_of(path), key))
    assert {(path, key) for path, key in found if key not in texts["exceptions"]} == set()


def test_exceptions_fill_their_placeholders(texts):
    for path, call in nodes(ast.Call):
        key = literal(keyword(call, "translation_key"))
        filled = keyword(call, "translation_placeholders")
        if (
            re.search(r"(Error|Failed|NotReady)$", called(call))
            and key
            and (filled is None or isinstance(filled, ast.Dict))
        ):
            wanted = set(re.findall(r"{(\w+)}", texts["exceptions"][key]["message"]))
            names = {literal(name) for name in filled.keys} if filled else set()
            assert wanted <= names, f"{name_of(path)}: {key} needs {wanted - names}"


def test_issues_have_words(texts):
    found = set()
    for path, call in nodes(ast.Call):
        if called(call) in {"async_create_issue", "raise_issue"}:
            key = literal(keyword(call, "translation_key")) or (literal(call.args[2]) if len(call.args) > 2 else None)
            found |= {(name_of(path), key)} if key else set()
    assert {(path, key) for path, key in found if key not in texts["issues"]} == set()


@pytest.mark.parametrize("section", ["exceptions", "issues"])
def test_no_words_without_use(texts, section):
    assert {key for key in texts.get(section, {}) if not used(key)} == set()


def test_no_words_without_use_in_flows(texts):
    steps = {node.name.removeprefix("async_step_") for _, node in nodes(ast.AsyncFunctionDef)}
    assert {step for step in flow_parts(texts, "step") if step not in steps and not used(step)} == set()
    for part in ("error", "abort", "progress"):
        unused = {key for key in flow_parts(texts, part) if key not in OF_HOME_ASSISTANT and not used(key)}
        assert unused == set(), part


def steps_with_fields(texts):
    flows = {"config": texts["config"], "options": texts.get("options", {}), **texts.get("config_subentries", {})}
    for name, flow in flows.items():
        for step, words in flow.get("step", {}).items():
            for part in (words, *words.get("sections", {}).values()):
                if "data" in part:
                    yield f"{name}.{step}", part


def test_every_field_is_described(texts):
    for name, part in steps_with_fields(texts):
        assert set(part["data"]) == set(part.get("data_description", {})), name


def test_fields_exist_in_the_code(texts):
    for name, part in steps_with_fields(texts):
        of_home_assistant = {"url", "token", "verify_ssl", "name"}
        assert {field for field in part["data"] if field not in of_home_assistant and not used(field)} == set(), name


def test_subentries_say_what_home_assistant_requires(texts):
    for kind, words in texts.get("config_subentries", {}).items():
        assert words["entry_type"], kind
        assert words["initiate_flow"]["user"], kind


def test_selectors_are_used(texts):
    assert {key for key in texts.get("selector", {}) if not used(key)} - {
        select
        for line in (INTEGRATION / "services.yaml").read_text(encoding="utf-8").splitlines()
        for select in re.findall(r"translation_key: (\w+)", line)
    } == set()


def test_texts_are_well_formed(texts):
    for path, text in leaves(texts):
        where = ".".join(path)
        assert text.strip() == text, where
        assert text, where
        assert not re.search(r"</?\w+>", text), f"{where}: HTML"
        assert not re.search(r"https?://\w", text), f"{where}: an address, which a placeholder ought to bring"
        assert not re.search(r"'{\w+}'", text), f"{where}: a placeholder in single quotes"
        assert text.count("{") == text.count("}") == len(re.findall(r"{\w+}", text)), f"{where}: a broken placeholder"
        assert "state" not in path or "{" not in text, f"{where}: a placeholder in a state"


def test_titles_of_menus_have_no_placeholders(texts):
    """The frontend gives placeholders to a menu's description, not to its title."""
    flows = [texts["config"], texts["options"], *(issue.get("fix_flow", {}) for issue in texts["issues"].values())]
    menus = {key: step for flow in flows for key, step in flow.get("step", {}).items() if "menu_options" in step}
    assert menus
    assert {key for key, step in menus.items() if "{" in step["title"]} == set()
