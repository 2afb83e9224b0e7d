/* The process between the gateway and one MCP server started by a command.
 *
 * It exists so that nothing of a server's process tree outlives the gateway's interest in it: neither a grandchild that left the
 * process group, nor anything at all when the gateway is ended by SIGKILL. The gateway re-executes itself as
 *
 *   secure-mcp-gateway __supervise [options] -- COMMAND [ARGUMENT ...]
 *
 * Descriptors 0, 1 and 2 are the server's and are handed on untouched, so data never passes through this process. Descriptor 3 is
 * the control socket shared with the gateway; all others are closed.
 *
 * Environment: an entry `~NAME=VALUE` becomes `NAME=VALUE` of the server; entries without the tilde belong to this process only and
 * are not handed on. The dynamic loader and the language runtime of this process therefore never see a variable of the server.
 *
 * Options:
 *   --cwd DIRECTORY        working directory of the server
 *   --grace-ms N           time between SIGTERM and SIGKILL (default 2000)
 *   --rlimit-NAME N        as, core, cpu, data, fsize, nofile, nproc, stack: soft and hard limit of the server (setrlimit(2))
 *
 * Control socket, gateway to supervisor, one byte each:
 *   T   end the tree: SIGTERM, grace period, SIGKILL
 *   K   end the tree at once: SIGKILL
 *   end of file means T: the gateway is gone
 *
 * Control socket, supervisor to gateway, one line each:
 *   P PID                  the command was executed
 *   E ERRNO STEP           it was not; STEP is one of fork, group, limit, directory, exec; the supervisor then exits with 126 or 127
 *   X CODE SIGNAL          the command ended by itself or was ended: exit code and 0, or 0 and the signal's number
 * End of file on the gateway's side means that the whole tree is gone and reaped and that this process is exiting.
 *
 * Exit status: that of the command, 128 + N when signal N ended it; 125 for a usage error.
 */
#ifndef SMG_SUPERVISOR_H
#define SMG_SUPERVISOR_H

/* Runs until the server's process tree is gone; the result is the exit status for main(). Single-threaded; allocates nothing. */
int smg_supervisor_main(int argc, char **argv);

#endif
