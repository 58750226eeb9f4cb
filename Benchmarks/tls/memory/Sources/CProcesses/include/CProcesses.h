// Two processes that are connected, for programs that have something of which there is one in a process.
#pragma once

#include <stddef.h>

// A connected pair of sockets that wait, but not for ever. False when there is none.
_Bool cprocesses_connect(int ends[2]);

// Starts a copy of this process. 0 in the copy.
int cprocesses_fork(void);

// Ends a copy, after what it has printed. Its exit code has 8 bits.
_Noreturn void cprocesses_exit(int code);

// Waits for a copy, and returns its exit code, or 256 and the number of the signal that ended it.
int cprocesses_wait(int process);

// Like those of the system, without a signal for a peer that is gone.
ptrdiff_t cprocesses_read(int end, void *space, size_t count);
ptrdiff_t cprocesses_write(int end, const void *bytes, size_t count);
void cprocesses_finish_writing(int end);
void cprocesses_close(int end);
