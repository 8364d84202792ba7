package io.warmstart.stress.cv.fit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;

class ObservationsTest {
  @Test
  void digitsAreWholeAndInRange() {
    Observations digits = Observations.digits();

    assertEquals(1797, digits.rows());
    assertEquals(64, digits.features());
    assertEquals(10, digits.classes());
    assertEquals(64, digits.digestHex().length());
    for (int j = 0; j < digits.features(); j++) {
      assertTrue(Arrays.stream(digits.feature(j)).allMatch(v -> v >= 0 && v <= 16));
    }
  }

  @Test
  void firstRowsKeepsTheOrderOfTheSource() {
    Observations digits = Observations.digits();

    Observations few = digits.firstRows(10);

    assertEquals(10, few.rows());
    for (int row = 0; row < 10; row++) {
      assertEquals(digits.label(row), few.label(row));
      assertEquals(digits.feature(20)[row], few.feature(20)[row]);
    }
    assertThrows(IllegalArgumentException.class, () -> digits.firstRows(0));
    assertThrows(IllegalArgumentException.class, () -> digits.firstRows(1798));
  }

  @Test
  void malformedRowsAreNamedByLineAndCell() {
    assertMessage("observations line 2: expected=3 cells actual=2", "1,2,0\n1,2\n");
    assertMessage("observations line 1, cell 2: expected=a whole number actual=x", "1,x,0\n");
    assertMessage("observations line 1, cell 1: expected=0..9 actual=10", "10,2,0\n");
    assertMessage("observations line 1, cell 3: expected=0..1 actual=2", "1,2,2\n");
  }

  private static void assertMessage(String expected, String lines) {
    IOException refused =
        assertThrows(IOException.class, () -> Observations.parse(gzip(lines), 2, 2, 9.0));
    assertEquals(expected, refused.getMessage());
  }

  private static byte[] gzip(String text) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(bytes)) {
      gzip.write(text.getBytes(StandardCharsets.US_ASCII));
    }
    return bytes.toByteArray();
  }
}
