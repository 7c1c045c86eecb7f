"""A line → a rule file that recognises it, and lines like it. The file passes its own tests before anybody sees it."""

from __future__ import annotations

import difflib
import json
import re
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from string import Formatter
from typing import Any, Final, Literal, NamedTuple

import regex
from msgspec import convert, structs, to_builtins

from logscan.authoring import yamltext
from logscan.authoring.general import Shape, cause_shapes, label_shapes, signature_shapes
from logscan.authoring.trial import Trial, examples_of, records_of
from logscan.errors import RulesError, UsageError
from logscan.match import match_signature
from logscan.model import Record
from logscan.redact import Redactor
from logscan.rulebook import Compiled, Rulebook, load_rules
from logscan.rulebook.anchors import anchors_of
from logscan.rulebook.schema import COMPONENTS, EVENTS, NEEDED_GROUPS, CauseRule, DataRule, Example, Family, Remedy, Rule, Signature, Text
from logscan.rulebook.yamlfile import Document
from logscan.visible import visible

Kind = Literal["cause", "signature", "data"]

SCHEMA_LINE: Final = "# yaml-language-server: $schema=rule-file.schema.json"
_SECTION: Final[dict[Kind, str]] = {"cause": "families", "signature": "signatures", "data": "data"}
_RULES: Final[dict[Kind, str]] = {"cause": "causes", "signature": "signatures", "data": "data"}
_SEEN_AS: Final[dict[Kind, str]] = {"cause": "cause", "signature": "event"}
_FOR_CAUSES: Final = ("family", "component", "title_en", "title_fr", "remedy_en", "remedy_fr")
_MAX_LINE: Final = 20_000
_MAX_LINES: Final = 400
_MAX_EXAMPLE: Final = 300
_MAX_TITLE: Final = 80
_MAX_ID: Final = 48
_ID_WORDS: Final = 5
_SMALL_WORDS: Final = frozenset(("a", "an", "and", "at", "by", "for", "from", "in", "is", "of", "on", "or", "the", "to", "was", "with"))
_MAX_TRIED: Final = 8
_ID: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_TAG: Final = re.compile(r"[A-Za-z][\w ]{0,60}")
_UNSHOWN: Final = "[not shown: "
_MARK: Final = re.compile(r"\[redacted:[0-9a-f]{4}\]")
_FRAME: Final = re.compile(r"\s*at \S|\s*\^+\s*$|\s*[}\])]+[,;]?\s*$|\s*$")
_TELLING: Final = (
    re.compile(
        r"^(?:[A-Z][a-z0-9]+){2,}: \S|(?:\b|(?<=[a-z]))(?:[A-Z]\w*)?(?:Error|Exception)(?: \[[\w -]+\])?: \S|"
        r"\bE[A-Z]{4,}\b|\bERR_\w+|\berror: \S"
    ),
    re.compile(
        r"(?i)\b(?:error|fail(?:ed|ure)?|can ?not|can't|could not|unable|refused|denied|time[d-]? ?out|invalid|missing|exceeded|fatal|"
        r"not found|rejected|unavailable|unauthorized|forbidden)\b"
    ),
)
_HINTS: Final = (
    ("redis", r"redis|valkey|bull|queue"),
    ("google", r"google|gemini|vertex|aiplatform|generativelanguage"),
    ("storage", r"\bs3\b|bucket|supabase|storage|upload|cloudflare|\br2\b"),
    ("database", r"postgres|prisma|typeorm|database|relation|\bsql|\bpg\b"),
    ("replicate", r"replicate"),
    ("platform", r"railway|deploy|container|healthcheck"),
    ("process", r"heap|memory|module|process|worker|syntax|undefined"),
)
_REMEDY_EN: Final = "Read the error's text and mend what it names."
_REMEDY_FR: Final = "Lisez le texte de l'erreur et corrigez ce qu'il nomme."


@dataclass(frozen=True, slots=True)
class Wish:
    """What a rule is wanted for: a line of a log in any form, and what its author has to say already."""

    line: str
    kind: Kind = "cause"
    id: str | None = None
    event: str | None = None
    family: str | None = None
    component: str | None = None
    title_en: str | None = None
    title_fr: str | None = None
    remedy_en: str | None = None
    remedy_fr: str | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """A rule's id and pattern, the whole file as text, and what its author should know or look at."""

    id: str
    text: str
    pattern: str
    notes: tuple[str, ...]


class _Found(NamedTuple):
    """The line of the log that the rule is made of, masked and made visible, and its logger."""

    text: str
    context: str | None
    begin: int = 0
    masked: int = 0


class _Plan(NamedTuple):
    """A rule on its way to the file."""

    rule: Rule
    shape: Shape
    family: Family | None = None


def draft(wish: Wish, rulebook: Rulebook) -> Draft:
    """A rule file for a line that `rulebook` does not know yet; it loads, and its examples hold.

    Raises UsageError where the line gives no rule, where a rule knows it already, and for names that nobody knows.
    """
    plan, found = _plan(wish, rulebook)
    text = yamltext.rule_file(_SECTION[wish.kind], plan.rule, plan.family, SCHEMA_LINE)
    _prove(plan, text, wish.kind)
    return Draft(plan.rule.id, text, plan.rule.pattern, tuple(_notes(wish, plan, found)))


def _plan(wish: Wish, rulebook: Rulebook) -> tuple[_Plan, _Found]:
    """The first of the patterns for a wish that recognises what it must, and nothing that it must not."""
    _check_wish(wish, rulebook)
    _refuse_known(wish, rulebook)
    found = _essential(wish, rulebook)
    failed = ""
    for shape in _shapes(wish, found):
        plan, failed = _planned(wish, rulebook, shape, found)
        if plan is not None:
            return plan, found
    if not failed:
        raise UsageError(_nothing(found.text))
    raise UsageError(
        f"no pattern for the line '{_short(found.text)}' passes its own test: {failed}; write the rule by hand (rules/README.md)"
    )


# What is wished for: names that must be known, and ids that must be free.


def _check_wish(wish: Wish, rulebook: Rulebook) -> None:
    """Raises UsageError for options that do not go together, and for names that are not known."""
    if wish.kind != "cause":
        for name in _FOR_CAUSES:
            if getattr(wish, name) is not None:
                raise UsageError(f"--{name.replace('_', '-')} is for causes: leave it away for a rule of kind '{wish.kind}'")
    if wish.kind != "signature" and wish.event is not None:
        raise UsageError(f"--event is for signatures: leave it away for a rule of kind '{wish.kind}', or add --kind signature")
    if wish.kind == "signature" and wish.event is None:
        raise UsageError(f"a signature stands for an event: add --event with one of {', '.join(EVENTS)}")
    known: dict[str, Iterable[str]] = {"event": EVENTS, "component": COMPONENTS, "family": rulebook.families}
    for what, names in known.items():
        given: str | None = getattr(wish, what)
        if given is not None and given not in names:
            raise UsageError(_unknown(what, given, names))
    if wish.family is not None and wish.component not in (None, rulebook.families[wish.family].component):
        of = rulebook.families[wish.family].component
        raise UsageError(f"the family '{wish.family}' is of component '{of}', not '{wish.component}': leave --component away")
    _check_texts(wish)
    if wish.id is not None:
        _check_id(wish, wish.id, rulebook)


def _unknown(what: str, name: str, known: Iterable[str]) -> str:
    known = list(known)
    close = difflib.get_close_matches(name, known, 1)
    hint = f"did you mean '{close[0]}'?" if close else f"give one of {', '.join(known)}"
    new = "; without --family a new family is begun" if what == "family" else ""
    return f"unknown {what} '{visible(name)}': {hint}{new}"


def _check_texts(wish: Wish) -> None:
    """Texts are filled in by `{name}`: braces that name nothing would show, or break the report."""
    for name in _FOR_CAUSES[2:]:
        text = getattr(wish, name)
        if text is None:
            continue
        if not text.strip():
            raise UsageError(f"--{name.replace('_', '-')} is empty: give a sentence or leave it away")
        try:
            fields = [field for _, field, _, _ in Formatter().parse(text) if field is not None]
        except ValueError:
            fields = [""]
        if fields:
            option = name.replace("_", "-")
            raise UsageError(f"--{option} holds single braces, which nothing fills in: double them (`{{{{` and `}}}}`) to show them")


def _check_id(wish: Wish, name: str, rulebook: Rulebook) -> None:
    taken = _taken(wish, rulebook)
    if not _ID.fullmatch(name):
        raise UsageError(
            f"'{visible(name)}' is no id: small letters, digits and single hyphens; try '{_free(_slug(name) or 'my-rule', taken)}'"
        )
    if name in taken:
        raise UsageError(f"the id '{name}' is taken ({taken[name]}): try '{_free(name, taken)}'")


def _taken(wish: Wish, rulebook: Rulebook) -> dict[str, str]:
    """All ids in use, and where they stand. A new family has the id of its rule."""
    kinds = (rulebook.signatures, rulebook.causes, rulebook.facts, rulebook.data, rulebook.services, rulebook.secrets)
    rules = {rule.id: rule.origin for kind in kinds for rule in kind}
    families = dict.fromkeys(rulebook.families, "a family") if wish.kind == "cause" and wish.family is None else {}
    return {**families, **rules}


def _free(name: str, taken: Iterable[str]) -> str:
    """`name`, or `name` with the first number that makes it free."""
    names = set(taken)
    return name if name not in names else next(free for number in range(2, len(names) + 3) if (free := f"{name}-{number}") not in names)


def _slug(text: str, words: int = _ID_WORDS) -> str:
    parts = re.findall(r"[a-z0-9]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text).replace("'", "").lower())
    kept = parts[:words]
    while len(kept) > 1 and kept[-1] in _SMALL_WORDS:
        kept.pop()
    slug = "-".join(kept)
    return slug if len(slug) <= _MAX_ID else slug[:_MAX_ID].rpartition("-")[0] or slug[:_MAX_ID]


# The line: what of it the rule is made of, and whether a rule knows it already.


def _refuse_known(wish: Wish, rulebook: Rulebook) -> None:
    """Raises UsageError if a rule of the wanted kind recognises the line, or if it is data and so never a cause."""
    trial = Trial(rulebook)
    if wish.kind == "data":
        known = next((rule for rule in rulebook.data if trial.recognised(rule, wish.line) is not None), None)
    else:
        seen = (sighting.rule for sighting in trial.look(wish.line) if sighting.kind == _SEEN_AS[wish.kind])
        known = next((rule for rule in seen if rule is not None and getattr(rule.rule, "strength", "") != "hint"), None)
    if known is not None:
        raise UsageError(f"the rule '{known.id}' ({known.origin}) recognises this line already: it needs no new rule of kind '{wish.kind}'")


def _essential(wish: Wish, rulebook: Rulebook) -> _Found:
    """The line that tells most for a cause; the message's first line for other kinds."""
    lines = [(record, text) for record in records_of(wish.line) for text in _lines(record, wish.kind) if text.strip()][:_MAX_LINES]
    if not lines:
        raise UsageError("the line is blank: give a line of a log that a rule shall recognise, as --from-line 'LINE'")
    if wish.kind == "cause":
        lines = _without_data(lines, rulebook)
    begun = {text: _begin(record, text, rulebook) for record, text in lines} if wish.kind == "cause" else {}
    record, raw = max(lines, key=lambda item: _rank(item[1][begun[item[1]] :])) if begun else lines[0]
    text = Redactor(rulebook).clean(raw[:_MAX_LINE], limit=_MAX_LINE * 4)
    if text.startswith(_UNSHOWN):
        raise UsageError("the line is too long, or too odd, to be searched for secrets: give the part of it that matters")
    begin = _begin(record, text, rulebook) if begun else 0
    if begin >= len(text):
        raise UsageError(
            f"the line '{_short(text)}' says what happened, and a signature knows it; it does not say why: give the error's own line"
        )
    if not re.search(r"[^\W\d_]{2,}", _MARK.sub("", text)):
        raise UsageError(_nothing(text))
    return _Found(text, _context(record, rulebook), begin, len(_MARK.findall(text)))


def _without_data(lines: list[tuple[Record, str]], rulebook: Rulebook) -> list[tuple[Record, str]]:
    """The lines in which a cause may be looked for. Raises UsageError where there is none."""
    named = [
        (next((rule for rule in rulebook.data if rule.accepts(record.context) and rule.search(text)), None), record, text)
        for record, text in lines
    ]
    kept = [(record, text) for data, record, text in named if data is None]
    data = named[0][0]
    if not kept and data is not None:
        raise UsageError(
            f"the rule '{data.id}' ({data.origin}) takes this line for data, in which no cause is looked for: give the error's own line"
        )
    return kept


def _lines(record: Record, kind: Kind) -> list[str]:
    details = record.details if kind == "cause" else ()
    return [*record.message.split("\n"), *details]


def _rank(text: str) -> int:
    """How much a line says of an error."""
    if _FRAME.match(text):
        return -1
    return next((len(_TELLING) - place for place, pattern in enumerate(_TELLING) if pattern.search(text)), 0)


def _context(record: Record, rulebook: Rulebook) -> str | None:
    """The logger's name, if it can stand in a file as it is."""
    name = record.context
    if name is None or not name.isprintable():
        return None
    return name if name and Redactor(rulebook).clean(name, limit=80) == name else None


def _begin(record: Record, text: str, rulebook: Rulebook) -> int:
    """Where an error may begin: behind the words of a signature, which say what happened and not why."""
    rules = [rule for rule in rulebook.signatures if rule.accepts(record.context)]
    ends = [found.end() for rule in rules if match_signature(rule, text) and (found := rule.match(text)) is not None]
    end = max(ends, default=0)
    return len(text) - len(text[end:].lstrip(" :-–—.,")) if end else 0


def _nothing(text: str) -> str:
    return (
        f"nothing in the line '{_short(text)}' tells it from others: a rule needs words with three plain characters in a row "
        "(a-z, digits, blanks), besides numbers, ids and quoted values; give the line with the error's own words"
    )


def _short(text: str, limit: int = 60) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


# The rule: a shape, its examples, and lines that it must not take.


def _shapes(wish: Wish, found: _Found) -> list[Shape]:
    """The patterns to try, the best first."""
    if wish.kind == "cause":
        shapes: Iterable[Shape] = cause_shapes(found.text, found.begin)
    elif wish.kind == "data":
        shapes = label_shapes(found.text)
    else:
        groups = NEEDED_GROUPS.get(wish.event or "", ())
        some = signature_shapes(found.text, groups)
        if some is None:
            needed = " and ".join(f"the {name}'s {'number' if name in ('attempt', 'max') else 'id'}" for name in groups)
            raise UsageError(
                f"the event '{wish.event}' needs {needed}, which the line '{_short(found.text)}' does not hold: give a line that names it"
            )
        shapes = some
    return list(dict.fromkeys(shapes))[:_MAX_TRIED]


def _planned(wish: Wish, rulebook: Rulebook, shape: Shape, found: _Found) -> tuple[_Plan | None, str]:
    """The rule for a shape, or what is wrong with it."""
    family = _family(wish, rulebook, shape) if wish.kind == "cause" else None
    plan = _Plan(_bare_rule(wish, rulebook, shape, found), shape, family)
    probe = _probe(plan, wish.kind, rulebook)
    if not probe.takes(wish.line):
        return None, f"'{_short(found.text)}' is not recognised itself"
    examples: list[Example] = []
    for candidates in _examples(wish.kind, shape, found):
        example = next((example for example in candidates if example not in examples and probe.holds(example)), None)
        if example is None:
            return None, f"the example '{_short(candidates[0].line)}' is not recognised, or not captured rightly"
        examples.append(example)
    against = [line for line in _near_misses(wish.kind, found) if not probe.takes(line)]
    if not against:
        return None, f"'{_short(shape.text)}' is recognised in other places as well"
    kept = [example if example.captures else example.line for example in examples]
    return plan._replace(rule=structs.replace(plan.rule, examples=kept, counterexamples=against[:2])), ""


def _bare_rule(wish: Wish, rulebook: Rulebook, shape: Shape, found: _Found) -> Rule:
    """The rule without its examples."""
    name = wish.id or _free(_default_id(wish, shape), _taken(wish, rulebook))
    if wish.kind == "cause":
        return CauseRule(id=name, pattern=shape.pattern, examples=[])
    if wish.kind == "data":
        return DataRule(id=name, pattern=shape.pattern, context=found.context, examples=[])
    # Whether the event is known was looked at with the rest of the wish.
    return convert({"id": name, "event": wish.event, "pattern": shape.pattern, "context": found.context, "examples": []}, Signature)


def _default_id(wish: Wish, shape: Shape) -> str:
    words = _slug(" ".join(piece.text for piece in shape.pieces if piece.fixed)) or "rule"
    if wish.kind == "data":
        return f"data-{words.removeprefix('data-')}"
    if wish.family is not None:
        return f"{wish.family}-{words.removeprefix(f'{wish.family}-')}"
    return words


def _family(wish: Wish, rulebook: Rulebook, shape: Shape) -> Family:
    """The family that is named, as it is; else a new one."""
    if wish.family is not None:
        return structs.replace(rulebook.families[wish.family], rules=[])
    name = wish.id or _free(_default_id(wish, shape), _taken(wish, rulebook))
    # Braces would be taken for places to be filled in.
    told = re.sub(r"…\W*…", "…", "".join(piece.text if piece.fixed else "…" for piece in shape.pieces))
    words = _short(told, _MAX_TITLE).replace("{", "(").replace("}", ")")
    title = Text(visible(wish.title_en or f"Error: {words}"), visible(wish.title_fr or f"Erreur : {words}"))
    remedy = Remedy(Text(visible(wish.remedy_en or _REMEDY_EN), visible(wish.remedy_fr or _REMEDY_FR)))
    return convert(
        {
            "id": name,
            "component": wish.component or _component(shape.text),
            "title": structs.asdict(title),
            "remedies": [to_builtins(remedy)],
        },
        Family,
    )


def _component(text: str) -> str:
    """The component that the words speak of; `none` where they speak of none."""
    return next((name for name, words in _HINTS if re.search(words, text, re.IGNORECASE)), "none")


@dataclass(frozen=True, slots=True)
class _Probe:
    """A rule in a rulebook, tried on lines by the code that scans."""

    rule: Compiled
    trial: Trial

    def takes(self, line: str) -> bool:
        """Whether the rule recognises a line."""
        return self.trial.recognised(self.rule, line) is not None

    def holds(self, example: Example) -> bool:
        """Whether an example is recognised, captured as it says, and claimed by no other signature."""
        got = self.trial.recognised(self.rule, example.line)
        if got is None or any(got.get(name) != value for name, value in example.captures.items()):
            return False
        events = {sighting.rule for sighting in self.trial.look(example.line) if sighting.kind == "event"}
        return not isinstance(self.rule.rule, Signature) or events == {self.rule}


def _probe(plan: _Plan, kind: Kind, rulebook: Rulebook) -> _Probe:
    """The rule of a plan added to a rulebook. Its pattern holds escaped text and known classes only, so it compiles."""
    pattern = regex.compile(plan.rule.pattern)
    new = Compiled(plan.rule, pattern, anchors_of(plan.rule.pattern), Document("new.yaml"), (), plan.family)
    section = _RULES[kind]
    more: dict[str, Any] = {section: (*getattr(rulebook, section), new)}
    return _Probe(new, Trial(replace(rulebook, **more)))


# Lines for the tests of the rule.


def _examples(kind: Kind, shape: Shape, found: _Found) -> Iterator[list[Example]]:
    """For each example the forms it may take; the first that is recognised is kept."""
    if kind == "data":
        rest = found.text[len(shape.text) :]
        told = _short(rest, max(1, _MAX_EXAMPLE - len(shape.text)))
        yield [Example(line) for line in _wrapped(shape.text + told, found.context)]
        yield [Example(line) for line in _wrapped(shape.other + "Access denied, says the ghost", found.context, nest="LOG")]
        return
    given, other = shape.captures(), shape.captures(other=True)
    texts = [found.text] if len(found.text) <= _MAX_EXAMPLE else []
    texts += [shape.text] if kind == "signature" or shape.text == found.text else [shape.text, f"Error: {shape.text}"]
    yield [Example(line, given) for text in texts for line in _wrapped(text, found.context)]
    level = "LOG" if kind == "signature" and not _TELLING[1].search(shape.text) else "ERROR"
    tails = ["", " (next try in 5 s)"] if kind == "signature" else [""]
    heads = [""] if kind == "signature" else ["Error: ", ""]
    variants = [f"{head}{text}{tail}" for text in (shape.other, shape.text) for tail in tails for head in heads]
    for_text = {text: other if shape.other in text else given for text in variants}
    yield [Example(line, for_text[text]) for text in variants for line in _wrapped(text, found.context, nest=level)]


def _wrapped(text: str, context: str | None, nest: str | None = None) -> Iterator[str]:
    """A message in the forms of a log: behind its logger's name, or (`nest`: a level) as Nest and Railway write it."""
    if nest is not None and context is not None:
        yield f"[Nest] 12  - 11/22/2026, 9:07:21 AM {nest:>7} [{context}] {text}"
    elif nest is not None:
        yield f"2026-11-22T09:07:21.412000000Z [{'err' if nest == 'ERROR' else 'inf'}]  {text}"
    elif context is None or _TAG.fullmatch(context):
        yield text if context is None else f"[{context}] {text}"
    named = {} if context is None else {"context": context}
    yield json.dumps({"level": 50 if nest == "ERROR" else 30, "time": 1795338441412, **named, "msg": text}, ensure_ascii=False)


def _near_misses(kind: Kind, found: _Found) -> Iterator[str]:
    """Lines with the same words that must not be recognised."""
    text = _short(found.text, _MAX_EXAMPLE)
    if kind == "cause":
        words = _short(found.text[found.begin :], _MAX_EXAMPLE).replace("\\", "\\\\").replace('"', '\\"')
        yield f'"prompt": "{words}"'
        yield f'[TicketService] A user writes: "{words}"'
        return
    if found.context is not None:
        yield f"[{'AuditService' if found.context != 'AuditService' else 'TicketService'}] {text}"
    name = found.context if found.context is not None and _TAG.fullmatch(found.context) else "TicketService"
    yield f"[{name}] User writes: {text}"
    yield f'[{name}] Ticket 12: "{text}"'


# The file, and the proof that it does what it says.


def _prove(plan: _Plan, text: str, kind: Kind) -> None:
    """Load the file as a folder of rules would be loaded, and try every example and counter-example in it."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "new.yaml").write_text(text, "utf-8")
        try:
            rulebook = load_rules(folder)
        except RulesError as error:
            raise UsageError(
                f"the drafted rule '{plan.rule.id}' does not load: {error}; write the rule by hand (rules/README.md)"
            ) from error
    rule = next(rule for rule in getattr(rulebook, _RULES[kind]) if rule.id == plan.rule.id)
    probe = _Probe(rule, Trial(rulebook))
    failed = [example.line for example in examples_of(rule) if not probe.holds(example)]
    failed += [line for line in rule.rule.counterexamples if probe.takes(line)]
    if failed or (rule.rule, rule.family) != (plan.rule, plan.family):
        what = f"on the line '{failed[0]}'" if failed else "when it is read back from its file"
        raise UsageError(f"the drafted rule '{plan.rule.id}' fails {what}; write the rule by hand (rules/README.md)")


# What its author should know.


def _notes(wish: Wish, plan: _Plan, found: _Found) -> Iterator[str]:
    yield from _changes(plan.shape)
    if found.masked:
        yield "What looked like a secret is masked in the file; look whether all of them were seen."
    if wish.kind != "data" and not found.text.rstrip(" .:!;,").endswith(plan.shape.text):
        yield f"The pattern looks at a part of the line only: '{_short(plan.shape.text, 100)}'."
    if not plan.shape.telling:
        yield "The words of the pattern are common ones: look whether ordinary lines hold them too, and add what is special."
    yield from _notes_of_kind(wish, plan, found)
    yield "The examples come from your line: look whether they may be shown to those who read the file."


def _changes(shape: Shape) -> Iterator[str]:
    """What was turned into what, each kind once."""
    seen: set[str] = set()
    for piece in shape.pieces:
        if not piece.fixed and piece.pattern not in seen:
            seen.add(piece.pattern)
            yield f"{_short(piece.text, 40)} ({piece.kind}) → {piece.pattern}"


def _notes_of_kind(wish: Wish, plan: _Plan, found: _Found) -> Iterator[str]:
    if plan.family is not None and wish.family is not None:
        if any(getattr(wish, name) is not None for name in _FOR_CAUSES[2:]):
            yield f"Title and remedies are those of the family '{wish.family}'; yours are not used."
    elif plan.family is not None:
        yield from _notes_of_family(wish, plan.family)
    if wish.kind == "cause":
        yield "strength is 'plain': write 'root' if the error names the origin, 'symptom' if another cause may be behind it."
    elif found.context is None:
        yield "The line names no logger, so the rule takes the words from any: add 'context: NAME' to be strict about it."
    if wish.kind == "data":
        yield f"No cause is looked for in any line that begins with '{plan.shape.text}': look whether errors may begin so."


def _notes_of_family(wish: Wish, family: Family) -> Iterator[str]:
    if wish.component is None:
        how = "guessed from the words" if family.component != "none" else "not known"
        yield f"component is '{family.component}', {how}: one of {', '.join(COMPONENTS)}."
    lacking = [name for name in _FOR_CAUSES[2:] if getattr(wish, name) is None]
    if lacking:
        yield f"{', '.join(lacking)}: there are only makeshift words in the file; write better ones."
