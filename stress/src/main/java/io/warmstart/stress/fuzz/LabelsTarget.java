package io.warmstart.stress.fuzz;

import io.warmstart.format.LabelsCodec;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;

/** Labels: read or none; those that were read are valid, can be written, and are read again. */
final class LabelsTarget implements FuzzTarget {
  @Override
  public String name() {
    return "labels";
  }

  @Override
  public List<byte[]> corpus() {
    return Text.corpus("labels");
  }

  @Override
  public String judge(byte[] input) {
    if (input.length > LabelsCodec.MAX_BYTES) {
      return "";
    }
    SortedMap<String, String> labels = LabelsCodec.decode(input);
    if (labels == null) {
      return "";
    }
    for (Map.Entry<String, String> each : labels.entrySet()) {
      LabelsCodec.requireValid(each.getKey(), each.getValue());
    }
    SortedMap<String, String> again = LabelsCodec.decode(LabelsCodec.encode(labels));
    return labels.equals(again) ? "" : "read again: expected=" + labels + " actual=" + again;
  }
}
