#pragma once

// A program that has this file allocates through malloc, and can have one allocation of the calling
// thread fail.

/// The n-th from now (from 0) throws std::bad_alloc.
void fail_allocation(long n);
/// None does any more. Returns whether that one was reached.
bool fail_no_allocation();
