"""The words of the nightly mail, English and French: one row each. What reports say too stands in `texts`."""

from __future__ import annotations

from typing import Final

MAIL: Final[dict[str, tuple[str, str]]] = {
    # Subject
    "failed-of": ("{part} of {total} failed", "{part} sur {total} en échec"),
    "all-good": ("all {total} generated", "{total} : toutes générées"),
    "one-good": ("{total} generated", "{total} générée"),
    "none-failed": ("{total}, none failed", "{total}, aucun échec"),
    "no-lines": ("no log line was written", "aucune ligne de journal n'a été écrite"),
    "no-mascot": ("no mascot in {lines}", "aucune mascotte dans {lines}"),
    "subject-new": ("new: {names}", "nouveau : {names}"),
    "subject-recovered": ("recovered: {names}", "rétabli : {names}"),
    "subject-nights": ("{count} nights", "{count} nuits"),
    "subject-incomplete": ("log incomplete", "journal incomplet"),
    "could-not-run": ("the nightly could not run", "le rapport de nuit n'a pas pu être établi"),
    "because": ("The nightly could not run, because {why}", "Le rapport de nuit n'a pas pu être établi : {why}"),
    # Body
    "night-of": ("Night of {night}", "Nuit du {night}"),
    "window": ("{since} – {until} UTC", "{since} – {until} UTC"),
    "sum-total-1": ("mascot", "mascotte"), "sum-generated-1": ("generated", "générée"),
    "sum-total": ("mascots", "mascottes"), "sum-failed": ("failed", "en échec"), "sum-generated": ("generated", "générées"), "sum-open": ("open", "en cours"),
    "than-before": ("{change} than the night before", "{change} par rapport à la nuit précédente"),
    "changes": ("Compared with {night}", "Par rapport au {night}"),
    "no-changes": ("Nothing is new, nothing has recovered.", "Rien de nouveau, rien de rétabli."),
    "first-night": ("This is the first night: there is none to compare it with.", "C'est la première nuit : il n'y en a pas d'autre à laquelle la comparer."),
    "trend": ("The last {count} nights: mascots that failed", "Les {count} dernières nuits : mascottes en échec"),
    "trend-of": ("{part} of {total}", "{part} sur {total}"),
    "trend-missed": ("no run", "pas d'exécution"), "trend-failed": ("could not run", "n'a pas pu être établi"), "trend-none": ("no data", "pas de données"),
    "top-causes": ("Top causes", "Causes principales"),
    "carried": ("Carried over", "Reportées"),
    "carried-resolved": ("Of {count} that were open at the end of the last night: {ends}.", "Sur {count} qui étaient en cours à la fin de la dernière nuit : {ends}."),
    "carried-unseen": ("{count} open since an earlier night: no further line tells of them.", "{count} en cours depuis une nuit précédente : plus aucune ligne n'en parle."),
    "carried-now": ("At the end of this night {count} open; the next night tells where they ended.", "À la fin de cette nuit, {count} en cours ; la prochaine nuit dira ce qu'il en est."),
    "not-covered-title": ("What was not covered", "Ce qui n'est pas couvert"),
    "missed-nights": ("There was no report on {nights}. This one makes up for it.", "Celui-ci rattrape les nuits sans rapport : {nights}"),
    "too-old": ("{since} to {until} UTC: too long ago to be made up for (catch_up).", "De {since} à {until} UTC : trop ancien pour être rattrapé (catch_up)."),
    "hole": ("{source}: {since} to {until} UTC was not fetched from Railway.", "{source} : de {since} à {until} UTC, rien n'a été récupéré de Railway."),
    "no-lines-note": ("Not one line was written in this time: does the backend run, and is this its log?", "Pas une ligne n'a été écrite pendant ce temps : le backend tourne-t-il, et est-ce bien son journal ?"),
    "report-attached": ("The full report is attached: {name}", "Le rapport complet est joint : {name}"),
    "report-linked": ("The full report", "Le rapport complet"),
    "report-none": ("The full report: logscan scan, on the log itself.", "Le rapport complet : logscan scan, sur le journal lui-même."),
    "further": ("{count} more", "{count} de plus"),
    "made-by": ("logscan {version} · {lines} read · secrets are masked", "logscan {version} · {lines} · les secrets sont masqués"),
    "next-run": ("The next run makes up for this night.", "La prochaine exécution rattrapera cette nuit."),
    "try-check": ("logscan nightly check tries every part of the set-up without sending a mail.", "logscan nightly check essaie chaque partie de la configuration sans envoyer de mail."),
    "no-data": ("Nothing was diagnosed, so nothing is known of this night's mascots.", "Rien n'a été diagnostiqué : on ne sait donc rien des mascottes de cette nuit."),
    "quiet": ("A mail comes once a week even if there is nothing to tell.", "Un mail arrive une fois par semaine même s'il n'y a rien à signaler."),
}  # fmt: skip
