#pragma once

#include <cstddef>
#include <cstdint>

// A program that has this file allocates through malloc, can have one allocation of the calling
// thread fail, and counts what the thread has.

/// The n-th from now (from 0) throws std::bad_alloc.
void fail_allocation(long n);
/// None does any more. Returns whether that one was reached.
bool fail_no_allocation();
/// Blocks of at least `size` bytes that the calling thread asks for from now on, or did since.
void count_allocations_from(std::size_t size);
long counted_allocations();
/// Bytes of the blocks that the calling thread has asked for, less those that it has given back.
std::int64_t bytes_of_this_thread();
