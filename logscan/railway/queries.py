"""Everything that logscan asks Railway. A test validates each document against Railway's schema."""

from __future__ import annotations

from typing import Final

_LOG: Final = """timestamp message severity attributes { key value }
    tags { projectId environmentId serviceId deploymentId deploymentInstanceId snapshotId }"""
_WINDOW: Final = "$before: String, $anchor: String, $limit: Int, $filter: String"
_ANCHORED: Final = "beforeDate: $before, anchorDate: $anchor, beforeLimit: $limit, filter: $filter"

# What `railway logs` selects of an HTTP request, as `logscan scan` reads it.
_HTTP_LOG: Final = """timestamp method path host httpStatus totalDuration requestId responseDetails clientUa srcIp edgeRegion
    txBytes rxBytes upstreamRqDuration upstreamAddress upstreamProto downstreamProto upstreamErrors deploymentId deploymentInstanceId"""

ENVIRONMENT_LOGS: Final = f"""query environmentLogs($environment: String!, {_WINDOW}) {{
  environmentLogs(environmentId: $environment, {_ANCHORED}) {{
    {_LOG}
  }}
}}"""

HTTP_LOGS: Final = f"""query httpLogs($deployment: String!, {_WINDOW}) {{
  httpLogs(deploymentId: $deployment, {_ANCHORED}) {{
    {_HTTP_LOG}
  }}
}}"""

# As it is known to work: neither an anchor nor an upper end, so that the answer never ends.
LIVE_LOGS: Final = f"""subscription environmentLogs($environment: String!, $before: String, $limit: Int, $filter: String) {{
  environmentLogs(environmentId: $environment, beforeDate: $before, beforeLimit: $limit, filter: $filter) {{
    {_LOG}
  }}
}}"""

PROJECT_TOKEN: Final = """query projectToken {
  projectToken { projectId environmentId project { id name } environment { id name } }
}"""

# What any account or workspace token may ask; `me` works for account tokens only.
API_TOKEN: Final = """query apiToken {
  apiToken { workspaces { id name } }
}"""

ME: Final = """query me {
  me { workspaces { id name } }
}"""

_TREE: Final = """id name primaryEnvironmentId
  environments(first: 100) { edges { node { id name } } }
  services(first: 200) { edges { node { id name } } }"""

PROJECT: Final = f"""query project($project: String!) {{
  project(id: $project) {{ {_TREE} }}
}}"""

PROJECTS: Final = f"""query projects($workspace: String, $after: String) {{
  projects(workspaceId: $workspace, first: 50, after: $after) {{
    edges {{ node {{ {_TREE} }} }}
    pageInfo {{ hasNextPage endCursor }}
  }}
}}"""

ENVIRONMENT: Final = """query environment($environment: String!) {
  environment(id: $environment) {
    id name
    serviceInstances(first: 200) {
      edges {
        node {
          serviceId serviceName startCommand cronSchedule sleepApplication numReplicas
          source { image repo }
          latestDeployment { id status deploymentStopped createdAt instances { id status } }
        }
      }
    }
  }
}"""

DEPLOYMENTS: Final = """query deployments($input: DeploymentListInput!, $after: String) {
  deployments(input: $input, first: 100, after: $after) {
    edges { node { id status createdAt statusUpdatedAt serviceId meta } }
    pageInfo { hasNextPage endCursor }
  }
}"""

VARIABLES: Final = """query variables($project: String!, $environment: String!, $service: String!) {
  variables(projectId: $project, environmentId: $environment, serviceId: $service)
}"""

DOCUMENTS: Final = (
    ENVIRONMENT_LOGS, HTTP_LOGS, LIVE_LOGS, PROJECT_TOKEN, API_TOKEN, ME, PROJECT, PROJECTS, ENVIRONMENT, DEPLOYMENTS, VARIABLES,
)  # fmt: skip
