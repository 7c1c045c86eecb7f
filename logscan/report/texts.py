"""The fixed words of reports, English and French: one row each. Counted ones have a singular and a plural."""

from __future__ import annotations

from typing import Final

UI: Final[dict[str, tuple[str, str]]] = {
    # Severity, confidence, outcomes, checks
    "critical": ("critical", "critique"), "warning": ("warning", "avertissement"), "ok": ("ok", "ok"), "info": ("info", "info"),
    "certain": ("certain", "certain"), "likely": ("likely", "probable"), "possible": ("possible", "possible"),
    "certain-why": ("an explicit error says so", "une erreur explicite le dit"),
    "certain-ok-why": ("the log shows it", "le journal le montre"), "nothing-drawn": ("Nothing in this log can be drawn.", "Rien dans ce journal ne peut être dessiné."),
    "likely-why": ("inferred from what the log shows", "déduit de ce que montre le journal"),
    "possible-why": ("the log alone does not settle it", "le journal seul ne permet pas de trancher"),
    "generated": ("generated", "générée"), "generation_failed": ("generation failed", "génération échouée"),
    "enqueue_failed": ("enqueue failed", "mise en file échouée"), "waiting": ("waiting", "en attente"),
    "stalled": ("stalled", "bloquée"), "in_flight": ("in flight", "en cours"), "unknown": ("unknown", "inconnu"),
    "generated-means": ("the image was made", "l'image a été créée"), "generation_failed-means": ("the last attempt failed", "le dernier essai a échoué"),
    "enqueue_failed-means": ("the job never reached the queue", "la tâche n'est jamais arrivée dans la file"),
    "waiting-means": ("enqueued, not picked up within {pickup}", "mise en file, pas prise en charge en {pickup}"),
    "stalled-means": ("picked up, not ended within {run}", "prise en charge, pas terminée en {run}"),
    "in_flight-means": ("the log ends before its deadline", "le journal finit avant son échéance"),
    "unknown-means": ("lines or stamps are missing there", "des lignes ou des heures y manquent"),
    "pass": ("pass", "réussi"), "fail": ("fail", "échec"), "warn": ("warn", "attention"), "skip": ("skip", "non vérifié"),
    "present": ("present", "présente"), "missing": ("missing", "manquante"),
    # Headings
    "verdict": ("Verdict", "Verdict"), "pictures": ("Pictures", "Graphiques"), "mascots": ("Mascots", "Mascottes"), "causes": ("Causes", "Causes"),
    "findings": ("Findings", "Constats"), "other-findings": ("Other findings", "Autres constats"), "sections": ("Sections", "Sections"), "checklist": ("Checklist", "Liste de contrôle"),
    "coverage": ("Coverage and sources", "Couverture et sources"), "sources": ("Sources", "Sources"), "samples": ("Lines that could not be parsed", "Lignes illisibles"),
    "about": ("About this report", "À propos de ce rapport"), "holes": ("Holes", "Trous"), "marks": ("Restarts and deploys", "Redémarrages et déploiements"),
    # Findings
    "what-to-do": ("What to do", "Que faire"), "proof": ("What proves it", "Ce qui le prouve"), "why": ("Why", "Pourquoi"),
    "against": ("What speaks against it", "Ce qui s'y oppose"), "to-be-sure": ("To be sure", "Pour en être sûr"),
    "since": ("since", "depuis"), "until": ("until", "jusqu'à"), "ongoing": ("still going on at the end of the log", "toujours en cours à la fin du journal"),
    "over": ("over by the end of the log", "terminé à la fin du journal"),
    "fact-hit": ("Mascots hit", "Mascottes touchées"), "fact-first": ("First bad", "Premier échec"), "fact-good": ("Last good before", "Dernier succès avant"),
    "fact-state": ("At the end of the log", "À la fin du journal"), "fact-confidence": ("Confidence", "Confiance"),
    "fact-generated": ("Generated", "Générées"), "fact-window": ("The logs cover", "Les journaux couvrent"),
    "going-on": ("still going on", "toujours en cours"), "is-over": ("over", "terminé"), "no-good": ("none in this log", "aucun dans ce journal"), "before-log": ("no time known", "heure inconnue"),
    "of": ("{part} of {total}", "{part} sur {total}"), "of-total": ("of {total}", "sur {total}"), "signatures": ("Signatures seen", "Signatures vues"),
    "share": ("Share", "Part"), "none": ("none", "aucun"), "no-stamp": ("no time", "sans heure"), "copy": ("Copy", "Copier"), "copied": ("Copied", "Copié"),
    # Pictures
    "pic-outcomes": ("Outcomes over time", "États au fil du temps"), "pic-funnel": ("From the queue to the image", "De la file à l'image"),
    "pic-durations": ("How long jobs wait and run", "Attente et durée des tâches"), "pic-causes": ("Causes by mascots hit", "Causes par mascottes touchées"),
    "pic-coverage": ("What the logs cover", "Ce que couvrent les journaux"), "pic-strip": ("Timeline of mascot {id}", "Chronologie de la mascotte {id}"),
    "outcomes-desc": ("{bars} bars of {step} each, from {start} to {end} UTC. Mascots are counted at their first line. {counts}.", "{bars} barres de {step} chacune, de {start} à {end} UTC. Les mascottes sont comptées à leur première ligne. {counts}."),
    "outcomes-peak": ("Most that did not succeed in one bar: {count}, from {at}.", "Maximum de non réussies dans une barre : {count}, à partir de {at}."),
    "durations-desc": ("Distributions on a logarithmic axis of seconds. {rows}", "Distributions sur un axe logarithmique en secondes. {rows}"),
    "durations-row": ("{name}: {count} jobs, median {median}, 95th percentile {p95}.", "{name} : {count} tâches, médiane {median}, 95e centile {p95}."),
    "causes-desc": ("Most mascots first: {rows}.", "Les plus touchantes d'abord : {rows}."), "strip-desc": ("{steps}.", "{steps}."),
    "coverage-desc": ("One bar for each source, from its first to its last line. {rows}", "Une barre par source, de sa première à sa dernière ligne. {rows}"),
    "as-table": ("As a table", "Sous forme de tableau"), "time": ("Time", "Heure"), "total": ("Total", "Total"), "without-time": ("without a time", "sans heure"),
    "not-covered": ("not covered", "non couvert"), "still-filling": ("still filling", "encore incomplet"), "restart": ("restart", "redémarrage"), "deploy": ("deploy", "déploiement"),
    "death": ("death", "arrêt"), "median": ("Median", "Médiane"), "p95": ("95th percentile", "95e centile"), "median-short": ("median", "médiane"), "p95-short": ("p95", "p95"), "longest": ("Longest", "Maximum"), "shortest": ("Shortest", "Minimum"),
    "deadline": ("deadline", "échéance"), "stage": ("Stage", "Étape"), "dropped-off": ("Lost on the way", "Perdues en chemin"), "asked": ("asked for", "demandées"),
    "stage-enqueued": ("enqueued", "mises en file"), "stage-processing": ("picked up", "prises en charge"), "stage-generated": ("generated", "générées"), "kind": ("Kind", "Genre"),
    "no-picture-times": ("No line of a mascot has a time: there is nothing to draw.", "Aucune ligne de mascotte n'a d'heure : rien à dessiner."),
    # Mascots
    "mascot": ("Mascot", "Mascotte"), "outcome": ("Outcome", "État"), "attempts": ("Attempts", "Essais"), "enqueued": ("Enqueued", "Mise en file"), "started": ("Started", "Démarrée"),
    "ended": ("Ended", "Terminée"), "waited": ("Waited", "Attente"), "ran": ("Ran", "Durée"), "cause": ("Cause", "Cause"), "certainty": ("Certainty", "Certitude"), "image": ("Image", "Image"),
    "variants": ("The ways they went", "Les chemins suivis"), "example": ("Example", "Exemple"), "show-these": ("Show these", "Les afficher"),

    "step-enqueued": ("enqueued", "mise en file"), "step-enqueue_failed": ("enqueue failed", "mise en file échouée"), "step-processing": ("picked up", "prise en charge"),
    "step-generated": ("generated", "générée"), "step-generation_failed": ("failed", "échec"), "step-upload_failed": ("upload failed", "envoi échoué"), "step-uploaded": ("stored", "enregistrée"),
    "step-cause": ("error", "erreur"), "step-follow": ("error text", "texte d'erreur"), "step-job_link": ("job", "tâche"), "step-other": ("line", "ligne"),
    "end-waiting": ("nothing", "rien"), "end-stalled": ("no end", "sans fin"), "end-in_flight": ("still under way", "en cours"), "end-unknown": ("not known", "inconnu"),
    "filter-text": ("Id, cause or way", "Id, cause ou chemin"), "filter-outcome": ("Outcome", "État"), "filter-cause": ("Cause", "Cause"), "filter-from": ("From (UTC)", "De (UTC)"), "filter-to": ("To (UTC)", "À (UTC)"),
    "filter-way": ("Way", "Chemin"), "all": ("all", "toutes"), "any": ("any", "toutes"), "reset": ("Reset", "Réinitialiser"), "rows": ("{from}–{to} of {total}", "{from}–{to} sur {total}"), "no-rows": ("No mascot fits this filter.", "Aucune mascotte ne correspond à ce filtre."),
    "previous": ("Previous", "Précédent"), "next": ("Next", "Suivant"), "open-row": ("Lines of {id}", "Lignes de {id}"), "loading": ("Loading…", "Chargement…"), "more-lines": ("{count} more lines between them are not shown", "{count} autres lignes entre elles ne sont pas montrées"),
    "no-story": ("The lines of this mascot are not in this file: it would have grown too big. logscan scan --report-max-mb makes room.", "Les lignes de cette mascotte ne sont pas dans ce fichier : il serait devenu trop gros. logscan scan --report-max-mb fait de la place."),
    "no-stories": ("This report was made without the lines of single mascots.", "Ce rapport a été établi sans les lignes de chaque mascotte."),
    "sort-by": ("Sort by {column}", "Trier par {column}"), "no-script": ("Scripts are off: the first {shown} of {total} mascots are shown, those that were hit first.", "Les scripts sont désactivés : les {shown} premières mascottes sur {total} sont affichées, les touchées d'abord."),
    "left-out-rows": ("To stay below {size} MB this file holds {shown} of {total} mascots. logscan scan --timeline FILE writes all.", "Pour rester sous {size} Mo, ce fichier contient {shown} mascottes sur {total}. logscan scan --timeline FICHIER les écrit toutes."),
    "left-out-lines": ("To stay below {size} MB the lines of {without} mascots are left out. logscan scan --timeline FILE has their times, --report-max-mb makes room.", "Pour rester sous {size} Mo, les lignes de {without} mascottes sont omises. logscan scan --timeline FICHIER donne leurs heures, --report-max-mb fait de la place."),
    "shown-first": ("the first {shown} of {total}; --timeline has all", "les {shown} premières sur {total} ; --timeline les contient toutes"), "no-mascots": ("No mascot was seen in this log.", "Aucune mascotte dans ce journal."),
    # Coverage
    "lines": ("lines", "lignes"), "records": ("Records", "Enregistrements"), "unparsed": ("unparsed", "illisibles"), "undecodable": ("undecodable", "indécodables"),
    "dropped": ("dropped", "supprimés"), "source": ("Source", "Source"), "format": ("Form", "Format"), "service": ("Service", "Service"), "bytes": ("Bytes", "Octets"),
    "first": ("First", "Début"), "last": ("Last", "Fin"), "component": ("Component", "Composant"), "line": ("Line", "Ligne"), "text": ("Text", "Texte"),
    "other-jobs": ("Other jobs, not judged", "Autres tâches, non jugées"), "window": ("The logs cover", "Les journaux couvrent"), "reason": ("Reason", "Raison"),
    "hole-dropped": ("Railway dropped lines", "Railway a supprimé des lignes"), "hole-broken": ("the input is broken from there", "l'entrée est abîmée à partir de là"), "hole-gap": ("no source covers it", "aucune source ne le couvre"),
    "open-end": ("open", "ouvert"),
    "interrupted": ("Reading was interrupted: this is about what was read until then.", "La lecture a été interrompue : ceci porte sur ce qui a été lu jusque-là."),
    "report-of": ("logscan report", "Rapport logscan"), "report": ("report", "rapport"), "rules": ("rules", "règles"), "now": ("made at", "établi le"),
    "asked-window": ("Window asked for", "Fenêtre demandée"), "whole-log": ("the whole log", "tout le journal"), "stamps-zone": ("Stamps without a zone count as", "Les heures sans fuseau sont lues en"), "shown-zone": ("Times are shown in", "Les heures sont affichées en"),
    "deadlines": ("Deadlines", "Échéances"), "deadlines-are": ("picked up within {pickup}, ended within {run}", "prise en charge en {pickup}, fin en {run}"), "version": ("Version", "Version"), "rules-hash": ("Rules", "Règles"), "made": ("Made", "Établi"),
    "readable": ("Secrets in this report are readable (--no-redact): keep it on this machine.", "Les secrets sont lisibles dans ce rapport (--no-redact) : gardez-le sur cette machine."),
    "masked": ("Secrets and personal data are masked; the same mark stands for the same text.", "Les secrets et données personnelles sont masqués ; la même marque désigne le même texte."),
    "evidence": ("Evidence", "Preuves"), "status": ("Status", "Statut"), "item": ("Item", "Point"), "result": ("Result", "Résultat"), "how-to-check": ("How to check", "Comment vérifier"), "notes": ("Notes", "Remarques"),
    "unknown-cause": ("A failure without a known text", "Un échec sans texte connu"), "written": ("Report written to {path}", "Rapport écrit dans {path}"),
    # The comparison of two reports
    "compare-title": ("Compared with the report before", "Comparé au rapport précédent"), "compare-new": ("New", "Nouveau"), "compare-still": ("Still failing", "Toujours en échec"), "compare-recovered": ("Recovered", "Rétabli"),
    "compare-unseen": ("Failing before, not in the new log", "En échec avant, absentes du nouveau journal"), "compare-same": ("Nothing changed.", "Rien n'a changé."),
    "compare-no-ids": ("Single mascots cannot be compared: a report that an older logscan wrote does not name them.", "Les mascottes ne peuvent pas être comparées une à une : un rapport d'un logscan plus ancien ne les nomme pas."),
    "compare-old": ("before", "avant"), "compare-now": ("now", "maintenant"), "compare-rules": ("The two reports were made with different rules: a difference may come from these.", "Les deux rapports ont été établis avec des règles différentes : un écart peut venir de là."), "and-more": ("and {count} more", "et {count} de plus"),
}  # fmt: skip
# Singular and plural; French counts 0 as singular.
COUNTED: Final[dict[str, tuple[tuple[str, str], tuple[str, str]]]] = {
    "records": (("record", "records"), ("enregistrement", "enregistrements")), "lines": (("line", "lines"), ("ligne", "lignes")),
    "matched": (("matched", "matched"), ("reconnu", "reconnus")), "mascots": (("mascot", "mascots"), ("mascotte", "mascottes")),
    "attempts": (("attempt", "attempts"), ("essai", "essais")), "sources": (("source", "sources"), ("source", "sources")), "findings": (("finding", "findings"), ("constat", "constats")),
    "causes": (("cause", "causes"), ("cause", "causes")), "more": (("more line between them is not shown", "more lines between them are not shown"), ("autre ligne entre elles n'est pas montrée", "autres lignes entre elles ne sont pas montrées")),
    "ways": (("further way", "further ways"), ("autre chemin", "autres chemins")),
}  # fmt: skip
MONTHS: Final[tuple[tuple[str, ...], tuple[str, ...]]] = (
    ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
    ("janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."),
)
