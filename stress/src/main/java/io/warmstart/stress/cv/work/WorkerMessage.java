package io.warmstart.stress.cv.work;

import io.warmstart.stress.cv.fit.HeldOutScore;

/** What a worker tells its coordinator: one line of text on its standard output each. */
public sealed interface WorkerMessage {
  /** The message as one line without its end. */
  String toLine();

  /** The store is open and the worker waits for a task. */
  record Ready() implements WorkerMessage {
    @Override
    public String toLine() {
      return "ready";
    }
  }

  /** A lookup came back. */
  record Looked(boolean hit, long nanos) implements WorkerMessage {
    @Override
    public String toLine() {
      return "looked " + hit + " " + nanos;
    }
  }

  /** A fit begins at {@code iteration}. */
  record Started(FitTask task, Origin origin, long iteration) implements WorkerMessage {
    @Override
    public String toLine() {
      return "started " + words(task) + " " + origin + " " + iteration;
    }
  }

  /** An iteration has been computed, and is not yet saved. */
  record Iterated(long iteration) implements WorkerMessage {
    @Override
    public String toLine() {
      return "iterated " + iteration;
    }
  }

  /** The store has acknowledged the state after {@code iteration}. */
  record Saved(long iteration, double objective, long nanos) implements WorkerMessage {
    @Override
    public String toLine() {
      return "saved " + iteration + " " + objective + " " + nanos;
    }
  }

  /**
   * What the store holds of a fit at its begin and end, and after a state that was worse than one
   * before.
   *
   * @param objective that of the best entry; infinite if there is none
   */
  record BestFound(FitTask task, double objective) implements WorkerMessage {
    @Override
    public String toLine() {
      return "best " + words(task) + " " + objective;
    }
  }

  /** The task is finished and in the store. */
  record Done(FitTask task, FitOutcome outcome) implements WorkerMessage {
    @Override
    public String toLine() {
      HeldOutScore score = outcome.score();
      return String.join(
          " ",
          "done",
          words(task),
          Long.toString(outcome.iterations()),
          Double.toString(outcome.objective()),
          Integer.toString(outcome.nonzeros()),
          Integer.toString(score.rows()),
          Integer.toString(score.correct()),
          Double.toString(score.logLoss()),
          outcome.coefficientsSha256());
    }
  }

  /** Another process is at the task: nothing was done. */
  record Elsewhere(FitTask task) implements WorkerMessage {
    @Override
    public String toLine() {
      return "elsewhere " + words(task);
    }
  }

  /** Something that a person should know, and that does not stop the work. */
  record Note(String text) implements WorkerMessage {
    @Override
    public String toLine() {
      return "note " + oneLine(text);
    }
  }

  /** The worker cannot go on. */
  record Failed(String text) implements WorkerMessage {
    @Override
    public String toLine() {
      return "failed " + oneLine(text);
    }
  }

  /**
   * Reads what {@link #toLine} wrote.
   *
   * @throws IllegalArgumentException if the line is none of these, as the last one of a killed
   *     worker may be
   */
  static WorkerMessage parse(String line) {
    String[] words = line.split(" ", -1);
    try {
      return switch (words[0]) {
        case "ready" -> new Ready();
        case "looked" -> new Looked(Boolean.parseBoolean(words[1]), Long.parseLong(words[2]));
        case "started" ->
            new Started(task(words), Origin.valueOf(words[3]), Long.parseLong(words[4]));
        case "iterated" -> new Iterated(Long.parseLong(words[1]));
        case "saved" ->
            new Saved(
                Long.parseLong(words[1]), Double.parseDouble(words[2]), Long.parseLong(words[3]));
        case "best" -> new BestFound(task(words), Double.parseDouble(words[3]));
        case "done" -> new Done(task(words), outcome(words));
        case "elsewhere" -> new Elsewhere(task(words));
        case "note" -> new Note(line.substring("note ".length()));
        case "failed" -> new Failed(line.substring("failed ".length()));
        default -> throw new IllegalArgumentException("no such message");
      };
    } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
      throw new IllegalArgumentException("worker message not understood: " + line, e);
    }
  }

  private static String words(FitTask task) {
    return task.fold() + " " + task.penalty();
  }

  private static FitTask task(String[] words) {
    return new FitTask(Integer.parseInt(words[1]), Integer.parseInt(words[2]));
  }

  private static FitOutcome outcome(String[] words) {
    HeldOutScore score =
        new HeldOutScore(
            Integer.parseInt(words[6]), Integer.parseInt(words[7]), Double.parseDouble(words[8]));
    return new FitOutcome(
        Long.parseLong(words[3]),
        Double.parseDouble(words[4]),
        Integer.parseInt(words[5]),
        score,
        words[9]);
  }

  private static String oneLine(String text) {
    return text.replaceAll("\\s+", " ");
  }
}
