#pragma once

/// Marks what a shared libredial exports; everything else stays hidden.
#define REDIAL_EXPORT __attribute__((visibility("default")))
