#!/bin/bash
# Java (OpenJDK 17 and 25): a HashMap that finds no memory for its first table forgets half of its entries when it grows.
#
# The first put makes a table of the capacity that was asked for. If that throws an OutOfMemoryError, the map has
# noted the new threshold, three quarters of the capacity, already, and the next put takes that for the capacity. It is no
# power of two then: entries are put and found as ever, until the map grows and splits its chains by a bit of the
# old capacity, into places where nobody looks for them. size() counts them. So it is for who catches the error, frees
# memory and goes on with the map; HashSet and LinkedHashMap have the same tables.
#
# Seen here:  put failed=1 size=40000 not found=20481
#             without: put failed=0 size=40000 not found=0
# 0: it is so; 1: it has changed; 2: it cannot be tried.
set -u
command -v javac >/dev/null || exit 2
W=$(mktemp -d) || exit 2; trap 'rm -rf "$W"' EXIT; cd "$W" || exit 2
cat > Forget.java <<'J'
import java.util.*;
public class Forget {
  static String fill(boolean withoutMemoryAtFirst) {
    Map<Integer, Integer> map = new HashMap<>(1 << 16);
    int failed = 0;
    if (withoutMemoryAtFirst) {
      List<byte[]> heap = new ArrayList<>(1 << 16);
      try {
        while (true) { heap.add(new byte[1 << 17]); }
      } catch (OutOfMemoryError e) { /* A table of 256 KiB does not fit any more. */ }
      try { map.put(0, 0); } catch (OutOfMemoryError e) { failed++; }
      heap.clear();
    }
    int entries = 40_000;
    for (int i = 0; i < entries; i++) { map.put(i, i); }
    int notFound = 0;
    for (int i = 0; i < entries; i++) { notFound += map.get(i) == null ? 1 : 0; }
    return "put failed=" + failed + " size=" + map.size() + " not found=" + notFound;
  }
  public static void main(String[] a) {
    System.out.println(fill(true));
    System.out.println("without: " + fill(false));
  }
}
J
javac Forget.java || exit 2
java -Xmx32m -XX:+UseSerialGC Forget | tee out
grep -q '^without: put failed=0 size=40000 not found=0$' out || exit 2
grep -q '^put failed=1 ' out || exit 2
grep -q '^put failed=1 size=40000 not found=[1-9]' out && exit 0
exit 1
