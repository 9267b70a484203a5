package org.ripcord;

import java.io.DataInput;
import java.io.DataOutput;
import org.apache.hadoop.io.Writable;

/** Nothing. */
public final class HangResponse implements Writable {
  @Override
  public void write(DataOutput out) {}

  @Override
  public void readFields(DataInput in) {}
}
