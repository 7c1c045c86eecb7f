"""Ordinary traffic has no cause and is no mascot, whatever words stand in it."""

from __future__ import annotations

import pytest

from logscan import Rulebook
from tests.logs import Line, read, render

UUID = "3f4276d2-7fc2-4df9-b50e-0064daf02ab3"

ACCESS = [
    "GET /health 200 26 - 2.104 ms",
    "GET /files/AccessDenied.png 403 12 - 3.205 ms",
    "GET /files/NoSuchBucket.svg 404 - - 0.701 ms",
    "POST /api/v1/orders 429 - - 0.912 ms",
    "GET /api/v1/orders/429 200 842 - 11.020 ms",
    "GET /badges/ECONNREFUSED-badge.png 200 4120 - 1.044 ms",
    "GET /api/v1/mascots?name=Failed%20to%20generate%20mascot 200 12 - 3.2 ms",
    f"GET /api/v1/mascots/{UUID} 200 1264 - 38.464 ms",
    "POST /api/v1/mascots 201 38.464 ms - 1264",
    "HEAD / 401 0 - 0.300 ms",
    '::1 - - [22/Nov/2026:09:05:57 +0000] "GET /search?q=NOAUTH+Authentication+required HTTP/1.1" 200 512 "-" "curl/8.5.0"',
    '10.0.0.7 - ana [22/Nov/2026:09:05:57 +0000] "POST /api/v1/mascots HTTP/1.1" 401 64 "https://example.org/?e=RESOURCE_EXHAUSTED" "Mozilla/5.0"',
    '100.64.0.2 - - [22/Nov/2026:09:05:58 +0000] "GET /files/heap-out-of-memory.txt HTTP/1.1" 304 0 "-" "Figma/126.1.2"',
    "2026-11-22T09:05:57.877Z GET /api/items 502 15003ms QmFzZTY0LWlkLUE",
    '{"level":30,"time":1795338537319,"req":{"id":1,"method":"GET","url":"/files/AccessDenied.png"},"res":{"statusCode":403},"responseTime":4,"msg":"request completed"}',
    '{"level":"info","time":1795338537319,"req":{"method":"POST","url":"/api/v1/orders?reason=Quota%20exceeded"},"res":{"statusCode":429},"responseTime":1,"msg":"request completed"}',
]  # fmt: skip
SQL = [
    "query: SELECT 1",
    'query: SELECT "m"."id" FROM "mascots" "m" WHERE "m"."name" = $1 -- PARAMETERS: ["Quota exceeded for quota metric"]',
    'query: UPDATE "mascots" SET "status" = $1, "metadata" = $2 WHERE "id" IN ($3) -- PARAMETERS: ["failed","{\\"error\\":\\"NoSuchBucket: The specified bucket does not exist\\"}",7]',
    'query: INSERT INTO "mascots"("prompt") VALUES ($1) -- PARAMETERS: ["NOAUTH Authentication required."]',
    "query: START TRANSACTION",
    'prisma:query SELECT "public"."Mascot"."id" FROM "public"."Mascot" WHERE "name" = $1',
    "Executing (default): SELECT count(*) FROM errors WHERE code = 'ECONNREFUSED'",
    "query is slow: SELECT * FROM mascots WHERE prompt LIKE 'Failed to generate mascot%'",
    "2026-11-22 09:05:57.123 UTC [61] LOG:  execute <unnamed>: INSERT INTO mascots(prompt) VALUES ($1)",
    "2026-11-22 09:05:57.123 UTC [61] DETAIL:  parameters: $1 = 'OOM command not allowed when used memory > ''maxmemory''.'",
]  # fmt: skip
REQUESTS = [
    "[MascotsController] DTO: {",
    '  "prompt": "Cute ghost who says: Failed to generate mascot",',
    '  "prompt": "A robot with a sign: 429 RESOURCE_EXHAUSTED Quota exceeded",',
    '  "prompt": "JavaScript heap out of memory, as a comic",',
    '  "name": "AccessDenied",',
    '  "prompt": "' + f"[JobsService] Failed to enqueue mascot generation for {UUID}: Error: connect ECONNREFUSED 127.0.0.1:6379" + '",',
    '[MascotsService] CreateMascotDto: {"name":"Pip","prompt":"NOAUTH Authentication required."}',
    'Request body: {"prompt":"API key not valid. Please pass a valid API key."}',
    '  "user-agent": "Mozilla/5.0 (compatible; AccessDenied/1.0)",',
    "[PromptService] prompt: Cute ghost who says: Connection is closed.",
    f'[PoseGenerationProcessor] [PoseGenerationProcessor] Starting pose 5f3c (mascot {UUID}), prompt: "Failed to generate mascot {UUID}"',
    f"[AnimationGenerationProcessor] [AnimationGenerationProcessor] Starting animation generation: an_1 for mascot {UUID}, action: Connection is closed.",
    "[PoseGenerationProcessor] [PoseGenerationProcessor] Successfully generated pose 5f3c",
    f"[MascotsController] GET mascot {UUID}: status failed",
]  # fmt: skip
ANSWERS = [
    '[AllExceptionsFilter] HTTP 401 Error: {"message":"Unauthorized","statusCode":401}',
    '[AllExceptionsFilter] HTTP 404 Error: {"message":"Cannot GET /AccessDenied.png","error":"Not Found","statusCode":404}',
    '[AllExceptionsFilter] HTTP 400 Error: {"message":["prompt must be shorter than or equal to 500 characters"],"error":"Bad Request","statusCode":400}',
    "[AllExceptionsFilter] UnauthorizedException: Unauthorized",
    "UnauthorizedException: Unauthorized",
    "[AllExceptionsFilter] NotFoundException: Cannot GET /wp-login.php",
    "NotFoundException: Mascot with ID 12 not found",
    "ThrottlerException: ThrottlerException: Too Many Requests",
    "ForbiddenException: Forbidden resource",
    "BadRequestException: Validation failed (uuid is expected)",
    "    at MascotsController.create (/app/dist/modules/mascots/mascots.controller.js:25:19)",
    "    at async /app/node_modules/@nestjs/core/router/router-proxy.js:9:17",
]
START_UP = [
    "> mascot-backend@1.0.0 start:prod",
    "> node dist/main",
    "npm warn config production Use `--omit=dev` instead.",
    "(Use `node --trace-warnings ...` to show where the warning was created)",
    "[NestFactory] Starting Nest application...",
    "[InstanceLoader] BullModule dependencies initialized",
    "[RouterExplorer] Mapped {/api/v1/mascots/:id/retry-failed, POST} route",
    "[NestApplication] Nest application successfully started",
    "🚀 Mascot API is running on: http://localhost:3000/api/v1",
    "📚 Swagger docs available at: http://localhost:3000/api/docs",
    "[Startup] batchId column type is already: text",
    "[StorageService] StorageService initialized with Supabase Storage",
    "[GeminiFlashService] Credentials path set: false",
    "[GeminiFlashService] VertexAI model retrieved successfully (auth test passed)",
    "[ReplicateService] Replicate configured (poses: Nano Banana; animations: Veo 3.1 Fast)",
    "[RedisConfig] Redis configuration: { host: 'redis.railway.internal', port: 6379, hasPassword: true }",
    "Starting Container",
    "Mounting volume on: /var/lib/containers/railwayapp/bind-mounts/00000000-0000-4000-8000-000000000001/vol_dummy",
]
WORDS = [
    "[HealthController] Redis is up, 0 errors, 0 timeouts",
    "[HealthController] database up, storage up, gemini up",
    "[CreditsService] Quota check ok for user 12: 3 of 40 used",
    "[CreditsService] Monthly quota of user 12 resets in 5 days",
    "[RateLimiter] 429 answers in the last minute: 0",
    "[CacheService] Key mascot:404 expired",
    "[MailService] Retrying connection (attempt 1)",
    '[MailService] Sent "Your mascot failed? Here is help" to 12 users',
    "[SupportService] Ticket 4711: Gemini Flash service not configured, says the user",
    f"[AuditService] Successfully generated mascot {UUID}",
    f"[SupportService] Failed to generate mascot {UUID} was reported by a user",
    "[MetricsService] jobs failed=0 stalled=0 waiting=0 completed=381",
    "[BackupService] Bucket mascot-images checked: 0 files missing",
    "[ModelService] Loaded 404 styles and 500 palettes",
    "[Scheduler] Killed 0 idle sessions",
    "[FeatureFlags] permission-denied-page: on",
    "[GeminiFlashService] Generating image with Gemini Flash. Prompt length: 429",
    "[GeminiFlashService] Found image data in candidate.content.parts[1].inlineData.data",
    f"[StorageService] Successfully uploaded mascots/{UUID}/full-body-1795338142888.png to Supabase Storage",
    "Cron job finished in 429ms",
]
TRAFFIC = [*ACCESS, *SQL, *REQUESTS, *ANSWERS, *START_UP, *WORDS]


def test_traffic_is_plenty_and_no_line_stands_twice() -> None:
    assert len(TRAFFIC) == len(set(TRAFFIC)) >= 60


@pytest.mark.parametrize("line", TRAFFIC)
def test_traffic_line_gives_no_cause_and_no_mascot(rulebook: Rulebook, line: str) -> None:
    diagnosis = read(rulebook, (line + "\n").encode())
    assert [(cause.id, cause.rules) for cause in diagnosis.causes] == []
    assert diagnosis.mascots.height == 0
    assert diagnosis.verdict in ("nothing-recognised", "undecided")


@pytest.mark.parametrize(
    ("holder", "logger"),
    [
        ("bare", "console"),
        ("bare", "nest"),
        ("cli-json", "nest-colour"),
        ("cli", "pino"),
        ("dash-log", "nest"),
        ("dash-csv", "console"),
        ("api-rows", "nest-json"),
        ("bare", "winston"),
    ],
)
def test_traffic_together_gives_nothing_in_any_form(rulebook: Rulebook, holder: str, logger: str) -> None:
    diagnosis = read(
        rulebook,
        render([Line(at * 10**9, line, "AppService") for at, line in enumerate(TRAFFIC) if not line.startswith("[")], holder, logger),
    )
    assert [(cause.id, [evidence.text for evidence in cause.evidence]) for cause in diagnosis.causes] == []
    assert diagnosis.mascots.height == 0
    assert not diagnosis.critical


def test_traffic_between_the_lines_of_a_failure_does_not_become_its_cause(rulebook: Rulebook) -> None:
    failure = (
        f"[MascotGenerationProcessor] Processing mascot generation: {UUID}\n[MascotGenerationProcessor] Failed to generate mascot {UUID}:\n"
    )
    text = failure + "".join(line + "\n" for line in (*ACCESS[:3], *SQL[:3], *REQUESTS[:6])) + "Error: No such thing as a free lunch\n"
    diagnosis = read(rulebook, text.encode())
    assert [(cause.id, cause.mascots) for cause in diagnosis.causes] == [("unknown", 1)]
