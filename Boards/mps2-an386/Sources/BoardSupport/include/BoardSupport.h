#ifndef BOARD_SUPPORT_H
#define BOARD_SUPPORT_H

// What the C code of this board implements for the program.
#include <CortexM.h>

#endif
