#include "CScenarioConsole.h"
