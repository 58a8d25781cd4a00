package io.pemn.compressor.search;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a search did.
 *
 * @param target what was asked for
 * @param limitBytes greatest size of the file that the target allows; empty if it is no size
 * @param validationSamples how many samples were kept to choose by
 * @param predictions the candidates and how large their archives would be, in the order tried
 * @param skipped why kinds of masks were left out, a sentence each
 * @param reference what drops were measured from, if they were
 * @param trials the trainings, in their order
 * @param winner the training that is shipped; empty if nothing was trained
 * @param why it is, in one sentence
 */
public record SearchReport(
    Target target,
    Optional<Long> limitBytes,
    int validationSamples,
    Map<Candidate, Prediction> predictions,
    List<String> skipped,
    Optional<Reference> reference,
    List<Trial> trials,
    Optional<Trial> winner,
    String why) {}
