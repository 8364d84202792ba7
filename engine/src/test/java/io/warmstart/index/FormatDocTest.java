package io.warmstart.index;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.mapped.ControlLayout;
import io.warmstart.mapped.ControlLayout.Field;
import io.warmstart.mapped.IndexLayout;
import io.warmstart.mapped.JournalLayout;
import io.warmstart.process.LockFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** docs/format.md draws the coordination file; drawings drift from code unless something looks. */
class FormatDocTest {
  private static final String TABLE_HEAD = "| offset | length | field | meaning |";

  @Test
  void documentedTablesAreTheLayoutInTheCode() throws IOException {
    List<List<String>> documented = tables(Files.readAllLines(document()));

    assertEquals(
        List.of(
            rows(ControlLayout.HEADER),
            rows(ControlLayout.PROCESS_ROW),
            rows(ControlLayout.STRIPE),
            rows(IndexLayout.HEADER),
            rows(IndexLayout.SUMMARY),
            rows(IndexLayout.STRIPE_HEAD),
            rows(IndexLayout.HOT_WORD),
            rows(IndexLayout.SLOT),
            rows(IndexLayout.WINNER),
            rows(IndexLayout.ENTRY),
            rows(JournalLayout.HEADER),
            rows(JournalLayout.RECORD)),
        documented);
  }

  @Test
  void documentedSizesAreThoseInTheCode() throws IOException {
    String text = Files.readString(document());

    assertTrue(text.contains("| 0 | header |\n| " + IndexLayout.SUMMARIES_OFFSET + " |"));
    assertTrue(
        text.contains("| " + IndexLayout.STRIPE_HEADS_OFFSET + " | 512 stripe heads of 1024"));
    assertTrue(text.contains("| " + IndexLayout.HOT_WORDS_OFFSET + " | 4096 hot words of 8 bytes"));
    assertTrue(text.contains("| " + IndexLayout.PAGES_OFFSET + " | 1024 pages of 1024 bytes"));
    assertTrue(text.contains(ControlLayout.FILE_LENGTH + " bytes"));
    assertTrue(
        text.contains(
            ControlLayout.PROCESS_ROWS
                + " of "
                + ControlLayout.PROCESS_ROW_LENGTH
                + " bytes, at "
                + ControlLayout.PROCESSES_OFFSET));
    assertTrue(
        text.contains(
            ControlLayout.STRIPES
                + " of "
                + ControlLayout.STRIPE_LENGTH
                + " bytes, at "
                + ControlLayout.STRIPES_OFFSET));
  }

  @Test
  void documentedBytesOfTheLockFileAreThoseInTheCode() throws IOException {
    String text = Files.readString(document()).replace('\n', ' ');

    assertTrue(text.contains("byte " + LockFile.ATTACH_BYTE + " is held while attaching"));
    assertTrue(text.contains("byte " + LockFile.rowByte(0) + " + *r*"));
    assertTrue(text.contains("byte " + LockFile.stripeByte(0) + " + *s*"));
    assertTrue(text.contains("byte " + LockFile.revocationByte(0) + " + *s*"));
    assertTrue(text.contains("byte " + LockFile.segmentByte(0) + " + *n*"));
    long lastRow = LockFile.rowByte(ControlLayout.PROCESS_ROWS - 1);
    assertTrue(lastRow < LockFile.stripeByte(0), "rows and stripes are apart");
    long lastStripe = LockFile.stripeByte(ControlLayout.STRIPES - 1);
    assertTrue(lastStripe < LockFile.revocationByte(0), "stripes and revocations are apart");
    long lastRevocation = LockFile.revocationByte(ControlLayout.STRIPES - 1);
    assertTrue(lastRevocation < LockFile.segmentByte(0), "revocations and segments are apart");
  }

  private static Path document() {
    return Path.of(System.getProperty("warmstart.test.projectRoot"), "docs", "format.md");
  }

  private static List<String> rows(List<Field> fields) {
    return fields.stream()
        .map(
            field ->
                "| %d | %d | %s | %s |"
                    .formatted(
                        field.offset(),
                        field.length(),
                        field.name(),
                        field.meaning().replace("|", "\\|")))
        .toList();
  }

  private static List<List<String>> tables(List<String> lines) {
    List<List<String>> tables = new ArrayList<>();
    for (int line = 0; line < lines.size(); line++) {
      if (lines.get(line).equals(TABLE_HEAD)) {
        List<String> rows = new ArrayList<>();
        for (int row = line + 2; lines.get(row).startsWith("|"); row++) {
          rows.add(lines.get(row));
        }
        tables.add(rows);
      }
    }
    return tables;
  }
}
