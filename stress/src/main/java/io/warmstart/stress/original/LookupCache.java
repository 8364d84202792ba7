package io.warmstart.stress.original;

import io.warmstart.model.Fingerprint;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Winners of earlier lookups with their payloads, each valid while its manifest keeps its
 * modification time. Bounded by number and bytes; the longest written goes first.
 *
 * <p>The original has one for all stores of a process, and asks it by key alone: with two roots in
 * one process it answers for one with what lies in the other. Benchmarks open several roots in one
 * process, so here each store has its own.
 */
final class LookupCache {
  private static final int MOST_ENTRIES = 128;
  private static final long MOST_BYTES = 256L << 20;

  /** One question: a key, and the rule of choice. */
  record Question(Fingerprint key, boolean latest) {}

  record Answer(Path manifest, FileTime manifestMtime, long writtenNanos, OriginalEntry entry) {
    private long bytes() {
      return entry.payload().length;
    }
  }

  private final Map<Question, Answer> answers = new HashMap<>();

  synchronized @Nullable Answer get(Question question) {
    return answers.get(question);
  }

  synchronized void put(Question question, Answer answer) {
    if (answer.bytes() > MOST_BYTES) {
      return;
    }
    answers.remove(question);
    long bytes = answers.values().stream().mapToLong(Answer::bytes).sum();
    while (answers.size() >= MOST_ENTRIES || bytes + answer.bytes() > MOST_BYTES) {
      Optional<Map.Entry<Question, Answer>> oldest =
          answers.entrySet().stream()
              .min(Comparator.comparingLong(each -> each.getValue().writtenNanos()));
      if (oldest.isEmpty()) {
        break;
      }
      bytes -= oldest.get().getValue().bytes();
      answers.remove(oldest.get().getKey());
    }
    answers.put(question, answer);
  }

  synchronized void forget(Question question) {
    answers.remove(question);
  }
}
