"""A server written with the official SDK, whichever of its major versions is installed."""

try:
    from mcp.server.mcpserver import Context, MCPServer
except ImportError:
    from mcp.server.fastmcp import Context
    from mcp.server.fastmcp import FastMCP as MCPServer

server = MCPServer("with-sdk")


@server.tool()
def add(a: int, b: int) -> int:
    """Adds two numbers."""
    return a + b


@server.tool()
async def slowly(steps: int, context: Context) -> str:
    """Reports progress on the way."""
    for step in range(steps):
        await context.report_progress(step + 1, steps)
    return "done"


@server.tool()
def fail() -> str:
    """Fails."""
    raise ValueError("as it should")


server.run()
