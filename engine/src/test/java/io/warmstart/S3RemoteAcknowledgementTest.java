package io.warmstart;

import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;

/** Saves that return when the remote has them, in a bucket too. */
@EnabledIfEnvironmentVariable(
    named = BucketPlace.SERVER,
    matches = ".+",
    disabledReason = BucketPlace.MISSING)
class S3RemoteAcknowledgementTest extends RemoteAcknowledgementTest {
  @Override
  RemotePlace makePlace() throws Exception {
    return new BucketPlace();
  }
}
