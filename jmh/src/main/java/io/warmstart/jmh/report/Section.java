package io.warmstart.jmh.report;

import io.warmstart.jmh.peer.PeerKind;
import io.warmstart.jmh.report.Table.Field;
import io.warmstart.jmh.report.Table.Fields;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A question that a report answers: which measurements belong to it, and where in its table.
 *
 * @param table what is said of it
 * @param place the row and column of a measurement; null if it does not belong here
 * @param pairwise the place of a measurement that is itself a ratio to the baseline, taken pair by
 *     pair, which is better than one made of two scores
 */
record Section(
    Table table,
    Function<Measurement, @Nullable Place> place,
    Function<Measurement, @Nullable Place> pairwise) {

  /** Where a measurement stands. */
  record Place(String row, String column) {}

  Section(Table table, Function<Measurement, @Nullable Place> place) {
    this(table, place, measurement -> null);
  }

  Fields fill(List<Measurement> measurements) {
    Map<Place, Measurement> placed = new LinkedHashMap<>();
    Map<Place, Measurement> ratios = new LinkedHashMap<>();
    for (Measurement measurement : measurements) {
      Place at = onFileSystem(place.apply(measurement), measurement);
      if (at != null) {
        placed.put(at, measurement);
      }
      Place ratioAt = onFileSystem(pairwise.apply(measurement), measurement);
      if (ratioAt != null) {
        ratios.put(ratioAt, measurement);
      }
    }
    Fields fields = new Fields();
    List<Place> order = new ArrayList<>(placed.keySet());
    order.sort(Comparator.comparingInt(at -> rank(at.row())));
    for (Place at : order) {
      Measurement measurement = placed.get(at);
      if (measurement != null) {
        Estimate ratio = ratio(at, measurement, placed, ratios.get(at));
        fields.put(
            at.row(),
            at.column(),
            new Field(Estimate.ofMean(measurement.values()), measurement.unit(), ratio));
      }
    }
    return fields;
  }

  /** What was measured on several file systems has a column for each. */
  private static @Nullable Place onFileSystem(@Nullable Place place, Measurement measurement) {
    String name = measurement.param(Measurement.FILE_SYSTEM);
    return place == null || name.isEmpty()
        ? place
        : new Place(place.row(), place.column() + ", " + name);
  }

  /** Stores stand in the order of their enumeration, this engine first; others as they came. */
  private static int rank(String row) {
    List<String> labels = Arrays.stream(PeerKind.values()).map(PeerKind::label).toList();
    for (int i = 0; i < labels.size(); i++) {
      if (row.equals(labels.get(i)) || row.startsWith(labels.get(i) + ",")) {
        return i;
      }
    }
    return labels.size();
  }

  private @Nullable Estimate ratio(
      Place at,
      Measurement measurement,
      Map<Place, Measurement> placed,
      @Nullable Measurement pairwiseRatio) {
    String baseline = table.baseline();
    if (baseline == null || at.row().equals(baseline)) {
      return null;
    }
    if (pairwiseRatio != null) {
      return Estimate.ofRatios(pairwiseRatio.values());
    }
    Measurement divisor = placed.get(new Place(baseline, at.column()));
    return divisor == null || !divisor.unit().equals(measurement.unit())
        ? null
        : Estimate.ofPairedRatios(measurement.values(), divisor.values());
  }
}
