package io.warmstart.stress.cv.fit;

import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.GZIPInputStream;

/**
 * Labelled observations, one {@code double[]} per feature so that a pass over a feature reads
 * memory in order.
 *
 * <p><b>Threads:</b> immutable once built; the arrays handed out are shared and must not be
 * written.
 */
public final class Observations {
  private static final String DIGITS_RESOURCE = "/data/digits.csv.gz";
  private static final int DIGITS_FEATURES = 64;
  private static final int DIGITS_CLASSES = 10;
  private static final double DIGITS_MAX_PIXEL = 16.0;

  private final double[][] features;
  private final int[] labels;
  private final int classes;
  private final String digestHex;

  public Observations(double[][] features, int[] labels, int classes, String digestHex) {
    this.features = features;
    this.labels = labels;
    this.classes = classes;
    this.digestHex = digestHex;
  }

  /**
   * Reads the digits that are shipped with the program.
   *
   * @throws UncheckedIOException naming the line if the resource is missing or malformed
   */
  public static Observations digits() {
    try (InputStream resource = Observations.class.getResourceAsStream(DIGITS_RESOURCE)) {
      if (resource == null) {
        throw new IOException("resource is missing: " + DIGITS_RESOURCE);
      }
      return parse(resource.readAllBytes(), DIGITS_FEATURES, DIGITS_CLASSES, DIGITS_MAX_PIXEL);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Observations parse(byte[] gzipped, int featureCount, int classes, double maxValue)
      throws IOException {
    List<double[]> rows = new ArrayList<>();
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(
                new GZIPInputStream(new ByteArrayInputStream(gzipped)),
                StandardCharsets.US_ASCII))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        rows.add(parseRow(line, rows.size() + 1, featureCount, classes, maxValue));
      }
    }
    double[][] features = new double[featureCount][rows.size()];
    int[] labels = new int[rows.size()];
    for (int row = 0; row < labels.length; row++) {
      double[] values = rows.get(row);
      for (int j = 0; j < featureCount; j++) {
        features[j][row] = values[j];
      }
      labels[row] = (int) values[featureCount];
    }
    return new Observations(features, labels, classes, sha256Hex(gzipped));
  }

  private static double[] parseRow(
      String line, int lineNumber, int featureCount, int classes, double maxValue)
      throws IOException {
    String[] cells = line.split(",", -1);
    if (cells.length != featureCount + 1) {
      throw new IOException(
          "observations line %d: expected=%d cells actual=%d"
              .formatted(lineNumber, featureCount + 1, cells.length));
    }
    double[] values = new double[cells.length];
    for (int j = 0; j < cells.length; j++) {
      double limit = j < featureCount ? maxValue : classes - 1;
      try {
        values[j] = Integer.parseInt(cells[j]);
      } catch (NumberFormatException e) {
        throw new IOException(
            "observations line %d, cell %d: expected=a whole number actual=%s"
                .formatted(lineNumber, j + 1, cells[j]),
            e);
      }
      if (values[j] < 0 || values[j] > limit) {
        throw new IOException(
            "observations line %d, cell %d: expected=0..%.0f actual=%s"
                .formatted(lineNumber, j + 1, limit, cells[j]));
      }
    }
    return values;
  }

  /** The first {@code count} observations; the digest is of the whole source, as before. */
  public Observations firstRows(int count) {
    if (count < 1 || count > rows()) {
      throw new IllegalArgumentException("rows: expected=1..%d actual=%d".formatted(rows(), count));
    }
    double[][] kept = new double[features.length][];
    for (int j = 0; j < features.length; j++) {
      kept[j] = Arrays.copyOf(features[j], count);
    }
    return new Observations(kept, Arrays.copyOf(labels, count), classes, digestHex);
  }

  public int rows() {
    return labels.length;
  }

  public int features() {
    return features.length;
  }

  public int classes() {
    return classes;
  }

  public double[] feature(int index) {
    return features[index];
  }

  public int label(int row) {
    return labels[row];
  }

  /** SHA-256 of the source bytes, 64 lowercase hex digits: part of every key. */
  public String digestHex() {
    return digestHex;
  }

  private static String sha256Hex(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("this Java platform lacks SHA-256", e);
    }
  }
}
