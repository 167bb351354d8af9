"""What the API has and the emulator does not serve yet: asked for, it says so by name.

A group that is emulated takes its lines from here along.
"""

from typing import Final

from runloop_async.testing.routing import Route

_OPERATIONS: Final = """
agents.create POST /v1/agents
agents.delete POST /v1/agents/{id}/delete
agents.devbox_counts GET /v1/agents/devbox_counts
agents.list GET /v1/agents
agents.list_public GET /v1/agents/list_public
agents.retrieve GET /v1/agents/{id}
apikeys.create POST /v1/apikeys
axons.create POST /v1/axons
axons.delete DELETE /v1/axons/{id}
axons.events.list GET /v1/axons/{id}/events
axons.list GET /v1/axons
axons.publish POST /v1/axons/{id}/publish
axons.retrieve GET /v1/axons/{id}
axons.sql.batch POST /v1/axons/{id}/sql/batch
axons.sql.query POST /v1/axons/{id}/sql/query
axons.subscribe_sse GET /v1/axons/{id}/subscribe/sse
axons.update POST /v1/axons/{id}
blueprints.create POST /v1/blueprints
blueprints.create_from_inspection POST /v1/blueprints/create_from_inspection
blueprints.delete POST /v1/blueprints/{id}/delete
blueprints.list GET /v1/blueprints
blueprints.list_public GET /v1/blueprints/list_public
blueprints.logs GET /v1/blueprints/{id}/logs
blueprints.metadata_keys GET /v1/blueprints/metadata/keys
blueprints.metadata_values GET /v1/blueprints/metadata/keys/{key}/values
blueprints.preview POST /v1/blueprints/preview
blueprints.public_metadata_keys GET /v1/blueprints/public/metadata/keys
blueprints.public_metadata_values GET /v1/blueprints/public/metadata/keys/{key}/values
blueprints.retrieve GET /v1/blueprints/{id}
devboxes.create POST /v1/devboxes
devboxes.create_and_await_running POST /v1/devboxes/create_and_await_running
devboxes.create_gateway_token POST /v1/devboxes/{id}/create_gateway_token
devboxes.create_mcp_token POST /v1/devboxes/{id}/create_mcp_token
devboxes.create_pty_tunnel POST /v1/devboxes/{id}/create_pty_tunnel
devboxes.create_ssh_key POST /v1/devboxes/{id}/create_ssh_key
devboxes.disk_snapshots.delete POST /v1/devboxes/disk_snapshots/{id}/delete
devboxes.disk_snapshots.list GET /v1/devboxes/disk_snapshots
devboxes.disk_snapshots.list_public GET /v1/devboxes/disk_snapshots/list_public
devboxes.disk_snapshots.metadata_keys GET /v1/devboxes/disk_snapshots/metadata/keys
devboxes.disk_snapshots.metadata_values GET /v1/devboxes/disk_snapshots/metadata/keys/{key}/values
devboxes.disk_snapshots.public_metadata_keys GET /v1/devboxes/disk_snapshots/public/metadata/keys
devboxes.disk_snapshots.public_metadata_values GET /v1/devboxes/disk_snapshots/public/metadata/keys/{key}/values
devboxes.disk_snapshots.query_status GET /v1/devboxes/disk_snapshots/{id}/status
devboxes.disk_snapshots.update POST /v1/devboxes/disk_snapshots/{id}
devboxes.download_file POST /v1/devboxes/{id}/download_file
devboxes.enable_tunnel POST /v1/devboxes/{id}/enable_tunnel
devboxes.execute POST /v1/devboxes/{id}/execute
devboxes.execute_async POST /v1/devboxes/{id}/execute_async
devboxes.execute_sync POST /v1/devboxes/{id}/execute_sync
devboxes.executions.kill POST /v1/devboxes/{devbox_id}/executions/{execution_id}/kill
devboxes.executions.retrieve GET /v1/devboxes/{devbox_id}/executions/{execution_id}
devboxes.executions.send_std_in POST /v1/devboxes/{devbox_id}/executions/{execution_id}/send_std_in
devboxes.executions.stream_stderr_updates GET /v1/devboxes/{devbox_id}/executions/{execution_id}/stream_stderr_updates
devboxes.executions.stream_stdout_updates GET /v1/devboxes/{devbox_id}/executions/{execution_id}/stream_stdout_updates
devboxes.keep_alive POST /v1/devboxes/{id}/keep_alive
devboxes.list GET /v1/devboxes
devboxes.logs.list GET /v1/devboxes/{id}/logs
devboxes.logs.tail GET /v1/devboxes/{id}/logs/tail
devboxes.metadata_keys GET /v1/devboxes/metadata/keys
devboxes.metadata_values GET /v1/devboxes/metadata/keys/{key}/values
devboxes.read_file_contents POST /v1/devboxes/{id}/read_file_contents
devboxes.remove_tunnel POST /v1/devboxes/{id}/remove_tunnel
devboxes.resume POST /v1/devboxes/{id}/resume
devboxes.retrieve GET /v1/devboxes/{id}
devboxes.retrieve_resource_usage GET /v1/devboxes/{id}/usage
devboxes.shutdown POST /v1/devboxes/{id}/shutdown
devboxes.snapshot_disk POST /v1/devboxes/{id}/snapshot_disk
devboxes.snapshot_disk_async POST /v1/devboxes/{id}/snapshot_disk_async
devboxes.suspend POST /v1/devboxes/{id}/suspend
devboxes.update POST /v1/devboxes/{id}
devboxes.upload_file POST /v1/devboxes/{id}/upload_file
devboxes.wait_for_command POST /v1/devboxes/{devbox_id}/executions/{execution_id}/wait_for_status
devboxes.wait_for_status POST /v1/devboxes/{id}/wait_for_status
devboxes.watch_evictions GET /v1/devboxes/evictions/watch
devboxes.write_file_contents POST /v1/devboxes/{id}/write_file_contents
gateway_configs.create POST /v1/gateway-configs
gateway_configs.delete POST /v1/gateway-configs/{id}/delete
gateway_configs.list GET /v1/gateway-configs
gateway_configs.retrieve GET /v1/gateway-configs/{id}
gateway_configs.update POST /v1/gateway-configs/{id}
mcp_configs.create POST /v1/mcp-configs
mcp_configs.delete POST /v1/mcp-configs/{id}/delete
mcp_configs.list GET /v1/mcp-configs
mcp_configs.retrieve GET /v1/mcp-configs/{id}
mcp_configs.update POST /v1/mcp-configs/{id}
network_policies.create POST /v1/network-policies
network_policies.delete POST /v1/network-policies/{id}/delete
network_policies.list GET /v1/network-policies
network_policies.retrieve GET /v1/network-policies/{id}
network_policies.update POST /v1/network-policies/{id}
objects.complete POST /v1/objects/{id}/complete
objects.create POST /v1/objects
objects.delete POST /v1/objects/{id}/delete
objects.download GET /v1/objects/{id}/download
objects.list GET /v1/objects
objects.list_public GET /v1/objects/list_public
objects.metadata_keys GET /v1/objects/metadata/keys
objects.metadata_values GET /v1/objects/metadata/keys/{key}/values
objects.retrieve GET /v1/objects/{id}
pty.connect GET /pty/{session_name}
pty.control POST /pty/{session_name}/control
restricted_keys.create POST /v1/restricted_keys
secrets.create POST /v1/secrets
secrets.delete POST /v1/secrets/{name}/delete
secrets.delete_by_id POST /v1/secrets/id/{id}/delete
secrets.list GET /v1/secrets
secrets.retrieve GET /v1/secrets/{name}
secrets.retrieve_by_id GET /v1/secrets/id/{id}
secrets.update POST /v1/secrets/{name}
secrets.update_by_id POST /v1/secrets/id/{id}/update
"""  # noqa: E501 - one operation, one line


def _known_by_name(line: str) -> Route:
    name, method, template = line.split()
    return Route(method, template, name)


ROUTES: Final = [_known_by_name(line) for line in _OPERATIONS.split("\n") if line]
