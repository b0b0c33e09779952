// Nothing but the precompiled header that every test program shares.
int main() {
  return 0;
}
