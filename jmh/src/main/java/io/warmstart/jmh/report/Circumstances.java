package io.warmstart.jmh.report;

import io.warmstart.jmh.peer.PeerKind;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** What a measurement was made of and with, in the words of the report. */
final class Circumstances {
  private Circumstances() {}

  /** What a store is called, by its name among the {@link PeerKind}s. */
  static String peer(String name) {
    return PeerKind.valueOf(name).label();
  }

  /** What differs between two measurements of a section, in words. */
  static String of(Measurement measurement) {
    Map<String, String> params = new TreeMap<>(measurement.params());
    params.remove("peer");
    params.remove(Measurement.FILE_SYSTEM);
    List<String> words = new ArrayList<>();
    String size = params.remove("payloadBytes");
    if (size != null) {
      words.add(bytes(size));
    }
    String keys = params.remove("keys");
    if (keys != null) {
      words.add(grouped(keys) + (keys.equals("1") ? " key" : " keys"));
    }
    String skew = params.remove("skew");
    if (skew != null) {
      words.add(skew.toLowerCase(Locale.ROOT));
    }
    words.addAll(
        params.entrySet().stream()
            .map(entry -> entry.getKey() + " " + entry.getValue())
            .collect(Collectors.toList()));
    if (measurement.threads() > 1) {
      words.add(measurement.threads() + " threads");
    }
    return words.isEmpty() ? "any" : String.join(", ", words);
  }

  /** A count, by thousands. */
  static String grouped(String number) {
    return String.format(Locale.ROOT, "%,d", Long.parseLong(number));
  }

  /** A size, in the largest unit that it fills. */
  static String bytes(String count) {
    long bytes = Long.parseLong(count);
    if (bytes >= 1 << 20) {
      return (bytes >> 20) + " MiB";
    }
    return bytes >= 1 << 10 ? (bytes >> 10) + " KiB" : bytes + " B";
  }
}
