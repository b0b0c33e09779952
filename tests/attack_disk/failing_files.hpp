#pragma once

// A program that has this file can have a call on regular files fail: open for writing, write,
// ftruncate, lseek, fchmod, fdatasync, close, rename; and fread.

/// The n-th from now (from 0), on any thread, ends with `error` (an errno).
void fail_file_call(long n, int error);
/// None does any more. Returns whether that one was reached.
bool fail_no_file_call();
