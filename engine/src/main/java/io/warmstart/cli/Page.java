package io.warmstart.cli;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Lines of text for people. Every line passes through {@link #printable}: names found on disk may
 * hold anything, and must neither break a line nor steer a terminal.
 */
final class Page {
  private static final String GAP = "  ";
  private static final int LONGEST_QUOTED = 72;

  private final StringBuilder text = new StringBuilder();

  /** Adds a line. */
  Page line(String line) {
    text.append(printable(line).stripTrailing()).append('\n');
    return this;
  }

  /** Adds what is meant to steer the terminal. */
  Page control(String sequence) {
    text.append(sequence);
    return this;
  }

  /** Adds names and values, the values in one column. */
  Page facts(List<Fact> facts) {
    int width = facts.stream().mapToInt(fact -> fact.name().length()).max().orElse(0);
    for (Fact fact : facts) {
      line(pad(fact.name(), width, false) + GAP + fact.value());
    }
    return this;
  }

  /** Adds a table. */
  Page table(Table table) {
    int columns = table.columns.size();
    int[] widths = new int[columns];
    for (List<String> row : table.allRows()) {
      for (int column = 0; column < columns; column++) {
        widths[column] = Math.max(widths[column], row.get(column).length());
      }
    }
    for (List<String> row : table.allRows()) {
      StringBuilder line = new StringBuilder();
      for (int column = 0; column < columns; column++) {
        if (column > 0) {
          line.append(GAP);
        }
        line.append(pad(row.get(column), widths[column], table.columns.get(column).right()));
      }
      line(line.toString());
    }
    return this;
  }

  @Override
  public String toString() {
    return text.toString();
  }

  /** On one line, without control characters. */
  static String printable(String line) {
    StringBuilder printable = new StringBuilder(line.length());
    line.codePoints()
        .forEach(
            c -> {
              if (isPrintable(c)) {
                printable.appendCodePoint(c);
              } else {
                printable.append(String.format("\\u%04x", c));
              }
            });
    return printable.toString();
  }

  private static boolean isPrintable(int codePoint) {
    return switch (Character.getType(codePoint)) {
      // FORMAT holds the marks that turn a line's direction around; a surrogate here has no pair.
      case Character.CONTROL,
          Character.FORMAT,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.SURROGATE ->
          false;
      default -> true;
    };
  }

  /** An argument in quotes, shortened: what came instead of what was expected. */
  static String quoted(String argument) {
    if (argument.length() <= LONGEST_QUOTED) {
      return '"' + printable(argument) + '"';
    }
    int end = argument.offsetByCodePoints(0, argument.codePointCount(0, LONGEST_QUOTED));
    return '"'
        + printable(argument.substring(0, end))
        + "\"... ("
        + argument.length()
        + " characters)";
  }

  private static String pad(String cell, int width, boolean right) {
    String padding = " ".repeat(width - cell.length());
    return right ? padding + cell : cell + padding;
  }

  /** A name and its value. */
  record Fact(String name, String value) {}

  /** Rows under headings. */
  static final class Table {
    private record Column(String heading, boolean right) {}

    private final List<Column> columns = new ArrayList<>();
    private final List<List<String>> rows = new ArrayList<>();

    /** Adds a column of words. */
    Table left(String heading) {
      columns.add(new Column(heading, false));
      return this;
    }

    /** Adds a column of numbers. */
    Table right(String heading) {
      columns.add(new Column(heading, true));
      return this;
    }

    /** Adds a row with a cell for each column. */
    void row(String... cells) {
      if (cells.length != columns.size()) {
        throw new IllegalArgumentException(
            "row: expected=" + columns.size() + " cells actual=" + cells.length);
      }
      rows.add(Arrays.stream(cells).map(Page::printable).toList());
    }

    private List<List<String>> allRows() {
      List<List<String>> all = new ArrayList<>();
      all.add(columns.stream().map(Column::heading).toList());
      all.addAll(rows);
      return all;
    }
  }
}
