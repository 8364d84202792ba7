package io.warmstart.lookup;

import io.warmstart.payload.PayloadLease;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.agrona.MutableDirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A shown payload on a JVM in which Agrona checks no bounds ({@code agrona.disable.bounds.checks}):
 * it still says that its entry is closed, where memory that is freed, or none, would be read. While
 * it is open, an index out of bounds is the caller's, as he wants it.
 */
final class GuardedPayload extends ShownPayload {
  private final PayloadLease lease;

  GuardedPayload(Object keeper, PayloadLease lease) {
    super(keeper);
    this.lease = lease;
  }

  private void requireOpen() {
    if (isKeptBy(null) || !lease.holds()) {
      throw new IllegalStateException("the entry is closed");
    }
  }

  @Override
  public long getLong(int index, ByteOrder byteOrder) {
    requireOpen();
    return super.getLong(index, byteOrder);
  }

  @Override
  public long getLong(int index) {
    requireOpen();
    return super.getLong(index);
  }

  @Override
  public int getInt(int index, ByteOrder byteOrder) {
    requireOpen();
    return super.getInt(index, byteOrder);
  }

  @Override
  public int getInt(int index) {
    requireOpen();
    return super.getInt(index);
  }

  @Override
  public int parseNaturalIntAscii(int index, int length) {
    requireOpen();
    return super.parseNaturalIntAscii(index, length);
  }

  @Override
  public long parseNaturalLongAscii(int index, int length) {
    requireOpen();
    return super.parseNaturalLongAscii(index, length);
  }

  @Override
  public int parseIntAscii(int index, int length) {
    requireOpen();
    return super.parseIntAscii(index, length);
  }

  @Override
  public long parseLongAscii(int index, int length) {
    requireOpen();
    return super.parseLongAscii(index, length);
  }

  @Override
  public double getDouble(int index, ByteOrder byteOrder) {
    requireOpen();
    return super.getDouble(index, byteOrder);
  }

  @Override
  public double getDouble(int index) {
    requireOpen();
    return super.getDouble(index);
  }

  @Override
  public float getFloat(int index, ByteOrder byteOrder) {
    requireOpen();
    return super.getFloat(index, byteOrder);
  }

  @Override
  public float getFloat(int index) {
    requireOpen();
    return super.getFloat(index);
  }

  @Override
  public short getShort(int index, ByteOrder byteOrder) {
    requireOpen();
    return super.getShort(index, byteOrder);
  }

  @Override
  public short getShort(int index) {
    requireOpen();
    return super.getShort(index);
  }

  @Override
  public char getChar(int index, ByteOrder byteOrder) {
    requireOpen();
    return super.getChar(index, byteOrder);
  }

  @Override
  public char getChar(int index) {
    requireOpen();
    return super.getChar(index);
  }

  @Override
  public byte getByte(int index) {
    requireOpen();
    return super.getByte(index);
  }

  @Override
  public void getBytes(int index, byte[] dst) {
    requireOpen();
    super.getBytes(index, dst);
  }

  @Override
  public void getBytes(int index, byte[] dst, int offset, int length) {
    requireOpen();
    super.getBytes(index, dst, offset, length);
  }

  @Override
  public void getBytes(int index, MutableDirectBuffer dstBuffer, int dstIndex, int length) {
    requireOpen();
    super.getBytes(index, dstBuffer, dstIndex, length);
  }

  @Override
  public void getBytes(int index, ByteBuffer dstBuffer, int length) {
    requireOpen();
    super.getBytes(index, dstBuffer, length);
  }

  @Override
  public void getBytes(int index, ByteBuffer dstBuffer, int dstOffset, int length) {
    requireOpen();
    super.getBytes(index, dstBuffer, dstOffset, length);
  }

  @Override
  public String getStringAscii(int index) {
    requireOpen();
    return super.getStringAscii(index);
  }

  @Override
  public int getStringAscii(int index, Appendable appendable) {
    requireOpen();
    return super.getStringAscii(index, appendable);
  }

  @Override
  public String getStringAscii(int index, ByteOrder byteOrder) {
    requireOpen();
    return super.getStringAscii(index, byteOrder);
  }

  @Override
  public int getStringAscii(int index, Appendable appendable, ByteOrder byteOrder) {
    requireOpen();
    return super.getStringAscii(index, appendable, byteOrder);
  }

  @Override
  public String getStringAscii(int index, int length) {
    requireOpen();
    return super.getStringAscii(index, length);
  }

  @Override
  public int getStringAscii(int index, int length, Appendable appendable) {
    requireOpen();
    return super.getStringAscii(index, length, appendable);
  }

  @Override
  public String getStringWithoutLengthAscii(int index, int length) {
    requireOpen();
    return super.getStringWithoutLengthAscii(index, length);
  }

  @Override
  public int getStringWithoutLengthAscii(int index, int length, Appendable appendable) {
    requireOpen();
    return super.getStringWithoutLengthAscii(index, length, appendable);
  }

  @Override
  public String getStringUtf8(int index) {
    requireOpen();
    return super.getStringUtf8(index);
  }

  @Override
  public String getStringUtf8(int index, ByteOrder byteOrder) {
    requireOpen();
    return super.getStringUtf8(index, byteOrder);
  }

  @Override
  public String getStringUtf8(int index, int length) {
    requireOpen();
    return super.getStringUtf8(index, length);
  }

  @Override
  public String getStringWithoutLengthUtf8(int index, int length) {
    requireOpen();
    return super.getStringWithoutLengthUtf8(index, length);
  }

  @Override
  public long addressOffset() {
    requireOpen();
    return super.addressOffset();
  }

  @Override
  public byte @Nullable [] byteArray() {
    requireOpen();
    return super.byteArray();
  }
}
