#include "smg_plugin.h"
