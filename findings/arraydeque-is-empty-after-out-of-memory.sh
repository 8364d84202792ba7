#!/bin/bash
# Java (OpenJDK 17 and 25): an ArrayDeque that finds no memory to grow in is empty afterwards.
#
# addLast stores the element, moves the tail on, and grows if the tail has met the head. If the new array cannot be
# made, the OutOfMemoryError leaves head and tail where they have met, which means empty: all that was in it is gone,
# for a program that catches the error and goes on. A LinkedList keeps what it has. Several collections of
# java.util grow before they store; this one does not.
#
# Seen here:  ArrayDeque: before=1000 after=0 empty=true
#             LinkedList: lost=0
# 0: it is so; 1: it has changed; 2: it cannot be tried.
set -u
command -v javac >/dev/null || exit 2
W=$(mktemp -d) || exit 2; trap 'rm -rf "$W"' EXIT; cd "$W" || exit 2
cat > Grow.java <<'J'
import java.util.*;
public class Grow {
  /** Adds until there is no memory left; the heap was filled before. */
  static int added(Queue<Object> queue) {
    List<byte[]> heap = new ArrayList<>(1 << 16);
    for (int size = 1 << 20; size >= 1 << 12; size >>= 8) {
      try {
        while (true) { heap.add(new byte[size]); }
      } catch (OutOfMemoryError e) { /* The next smaller size. */ }
    }
    int added = 0;
    try {
      while (true) { queue.add(queue); added++; }
    } catch (OutOfMemoryError e) {
      heap = null;
      return added;
    }
  }
  public static void main(String[] a) {
    Queue<Object> deque = new ArrayDeque<>(1000);
    int before = added(deque);
    System.out.println("ArrayDeque: before=" + before + " after=" + deque.size() + " empty=" + deque.isEmpty());
    Queue<Object> list = new LinkedList<>();
    System.out.println("LinkedList: lost=" + (added(list) - list.size()));
  }
}
J
javac Grow.java || exit 2
java -Xmx32m -XX:+UseSerialGC Grow | tee out
grep -q '^LinkedList: lost=0$' out || exit 2
grep -q '^ArrayDeque: before=1000 after=0 empty=true$' out && exit 0
grep -q '^ArrayDeque: before=1000 after=' out || exit 2
exit 1
