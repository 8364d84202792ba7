package io.warmstart.jmh.report;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Estimates by row and column, each with the ratio to the baseline's row if there is one.
 *
 * @param title of the table
 * @param note what a reader must know to read it
 * @param chart how to draw it
 * @param baseline the row that ratios divide by, or null
 */
record Table(String title, String note, Chart chart, @Nullable String baseline) {

  /** How a table is drawn. */
  enum Chart {
    NONE,
    /** A bar for each row in each column. */
    BARS,
    /** A line for each row over the columns. */
    LINES
  }

  /** One field. */
  record Field(Estimate estimate, String unit, @Nullable Estimate ratio) {}

  /** The fields by row, then column. */
  static final class Fields {
    private final Map<String, Map<String, Field>> rows = new LinkedHashMap<>();
    private final Set<String> columns = new LinkedHashSet<>();

    void put(String row, String column, Field field) {
      rows.computeIfAbsent(row, absent -> new LinkedHashMap<>()).put(column, field);
      columns.add(column);
    }

    Set<String> rows() {
      return rows.keySet();
    }

    Set<String> columns() {
      return columns;
    }

    @Nullable Field get(String row, String column) {
      Map<String, Field> fields = rows.get(row);
      return fields == null ? null : fields.get(column);
    }

    boolean isEmpty() {
      return rows.isEmpty();
    }
  }
}
