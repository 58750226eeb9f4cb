#include "CProcesses.h"

#include <stdio.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

_Bool cprocesses_connect(int ends[2]) {
  // Whoever waits longer has met an error of the program.
  const struct timeval patience = {.tv_sec = 20};
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) return 0;
  for (int index = 0; index < 2; index++) {
    if (setsockopt(ends[index], SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) != 0) return 0;
    if (setsockopt(ends[index], SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) != 0) return 0;
  }
  return 1;
}

int cprocesses_fork(void) {
  fflush(NULL);
  return fork();
}

void cprocesses_exit(int code) {
  fflush(NULL);
  _exit(code);
}

int cprocesses_wait(int process) {
  int status = 0;
  if (waitpid(process, &status, 0) != process) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
}

ptrdiff_t cprocesses_read(int end, void *space, size_t count) { return recv(end, space, count, 0); }

ptrdiff_t cprocesses_write(int end, const void *bytes, size_t count) { return send(end, bytes, count, MSG_NOSIGNAL); }

void cprocesses_finish_writing(int end) { shutdown(end, SHUT_WR); }

void cprocesses_close(int end) { close(end); }
