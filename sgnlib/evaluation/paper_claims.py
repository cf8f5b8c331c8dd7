"""Every claim of the paper that can be checked, as data: where it stands, what it says.

`source` is the anchor in the paper, or "goal" for a bar that this reproduction set itself.
`notebook` names the notebook that has to give the verdict.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Claim:
    """One statement, in our words."""

    id: str
    source: str
    text: str
    notebook: str


_N = {
    name.split("_")[0]: name
    for name in (
        "00_what_is_a_sym_parameter",
        "01_toy_problem",
        "02_hyperparameter_baselines",
        "03_model_1",
        "04_model_2",
        "05_model_3",
        "06_datasets_vs_losses",
        "07_injection_ablation",
        "08_ccam_activations",
        "09_additional_models",
        "10_continuous_translation",
        "11_live_mixing",
        "12_real_images",
    )
}

NOTEBOOKS = tuple(_N.values())
"""The notebooks in the paper's order."""

# fmt: off
CLAIMS: tuple[Claim, ...] = (
    # ------------------------------------------------------------------------- Sec. 3
    Claim("eq2-dirichlet", "Eq. (2)", "Drawn from a Dirichlet distribution, S always sums to 1, "
          "and alpha shapes how often it is near a corner.", _N["00"]),
    Claim("sec31-control", "Sec. 3.1", "One trained network gives different pictures of the same "
          "photo when only S changes.", _N["00"]),
    # -------------------------------------------------------------------- toy problem
    Claim("toy-corners", "Sec. 3.1", "The model minimises the regression loss at S = (1, 0) and "
          "the classification loss at S = (0, 1).", _N["01"]),
    Claim("toy-follows-weights", "Fig. 5", "In between, the model's output minimises the loss "
          "weighted with the S it is given.", _N["01"]),
    Claim("toy-like-hyper", "Table 1", "One sym model has about the losses of five separately "
          "trained hyper-parameter models.", _N["01"]),
    Claim("toy-s-in", "Fig. 5", "With S as an input but fixed weights (0.5, 0.5), the output is "
          "that of the hyper-parameter model (0.5, 0.5), whatever S.", _N["01"]),
    Claim("toy-size", "Fig. 9, B.1", "The smaller the network, the more the sym model loses "
          "against hyper-parameter models.", _N["01"]),
    Claim("toy-size-small", "B.1", "That loss is small, given that one model replaces many.",
          _N["01"]),
    Claim("goal-toy-optimum", "goal", "Paper's protocol, at least ten seeds: the sym model is "
          "within 0.004 of the exact optimum in every row of Table 1, 0.007 in the last.",
          _N["01"]),
    Claim("goal-toy-beats-paper", "goal", "Our best training of the same network: one sym model "
          "beats the paper's five hyper-parameter models in every row of Table 1.", _N["01"]),
    Claim("goal-toy-stacked", "goal", "All models and seeds of Table 1 train together at least "
          "12 times faster than one after another.", _N["01"]),
    # ------------------------------------------------------------------------ Table 3
    Claim("table3-own-corner", "Table 3", "Every loss is least at its own corner of S.",
          _N["02"]),
    Claim("table3-middle", "Sec. 5.2", "A loss whose weight is 0.5 lies between its values at "
          "weight 1 and at weight 0.", _N["02"]),
    Claim("table3-like-hyper", "Table 3", "One sym model has about the weighted loss L_G of six "
          "separately trained hyper-parameter models.", _N["02"]),
    Claim("table3-zero-weight", "Sec. 5.2", "Where a loss has weight zero it is high in the "
          "hyper-parameter models and lower in the sym model.", _N["02"]),
    Claim("goal-table3-ratio", "goal", "The sym model's L_G is at most 1.3 times that of the "
          "hyper-parameter models on average over the six weights.", _N["02"]),
    # ------------------------------------------------------------- Models 1, 2 and 3
    Claim("fig1-corners", "Fig. 1", "Model 1's corners give the photo back, paint like Van Gogh "
          "and take Udnie's style.", _N["03"]),
    Claim("fig1-mixes", "Fig. 1", "Mixed S give pictures with weighted characteristics of the "
          "domains: moving from corner to corner, the losses trade places.", _N["03"]),
    Claim("fig1-vangogh-udnie", "Sec. 5.2", "Between Van Gogh and Udnie the picture is shaped "
          "by these styles more than by the input's own colours.", _N["03"]),
    Claim("fig1-extrapolation", "Fig. 1", "S = (0, 1.5, 0), outside what was trained, "
          "strengthens Van Gogh's style further.", _N["03"]),
    Claim("goal-transfer", "goal", "The distance (KID) between translated images and the target "
          "domain falls from the corner of reconstruction to that of the domain.", _N["03"]),
    Claim("fig6-model-2", "Fig. 6", "Model 2 translates to ukiyo-e, to Rain Princess and to "
          "mixtures: every loss is least at its own corner.", _N["04"]),
    Claim("fig6-two-gans", "Fig. 6", "Two adversarial losses with different data sets live in "
          "one model: Model 3 makes winter pictures and Monet pictures.", _N["05"]),
    Claim("fig6-winter-monet", "Fig. 6", "S = (0, 0.5, 0.5) gives winter pictures with Monet's "
          "style.", _N["05"]),
    # ------------------------------------------------- data sets against losses, Fig. 7
    Claim("fig7-sgn-reconstructs", "Fig. 7", "At (1, 0, 0) SGN gives a photo back; SingleGAN "
          "transfers its style instead.", _N["06"]),
    Claim("fig7-unseen-monet", "Fig. 7", "At (1, 0, 0) SGN gives even a Monet painting back, a "
          "domain never seen in training; SingleGAN moves it towards photos.", _N["06"]),
    # --------------------------------------------------------------- injection, Sec. 5.3
    Claim("fig8-concat-alike", "Fig. 8", "With CONCAT the pictures are alike whatever S.",
          _N["07"]),
    Claim("fig8-cbn-varies", "Fig. 8", "CBN's pictures vary more with S than CONCAT's.",
          _N["07"]),
    Claim("fig8-cbn-biased", "Fig. 8", "CBN's mixtures lean to one domain instead of the "
          "mixture asked for.", _N["07"]),
    Claim("fig11-cbn-interference", "Fig. 11", "With CBN a domain whose weight is zero leaks "
          "into the picture more than with CCAM.", _N["07"]),
    Claim("fig11-ccam-best", "Fig. 11", "CCAM tells the domains apart best and lets the least "
          "of other domains in.", _N["07"]),
    # ------------------------------------------------------------------- CCAM, supp. B.3
    Claim("fig10-first-scales", "Fig. 10", "The first CCAM only scales: it closes no channel.",
          _N["08"]),
    Claim("fig10-depth", "Fig. 10", "The deeper the CCAM, the more channels it closes.",
          _N["08"]),
    Claim("fig10-selective", "Fig. 10", "For one image, different corners of S open different "
          "channels.", _N["08"]),
    Claim("sec32-any-size", "Sec. 3.2.1", "With CCAM the generator stays fully convolutional: "
          "one model for images of any size.", _N["08"]),
    Claim("fig4-lightweight", "Fig. 4", "CCAM is lightweight: a small share of the generator's "
          "parameters.", _N["08"]),
    # ----------------------------------------------------------- more models, Fig. 15
    Claim("fig15-additional", "Fig. 15", "The method carries over to other domains: in a further "
          "model every loss is least at its own corner.", _N["09"]),
    Claim("goal-four-domains", "goal", "It carries over to four domains, which the paper does "
          "not show: every loss is least at its own corner.", _N["09"]),
    # ------------------------------------------------------------------ video, supp. B.2
    Claim("b2-continuous", "B.2", "Translation is continuous in S: a walk through the simplex "
          "has no jumps.", _N["10"]),
    Claim("b2-reconstruction-differs", "B.2", "Every frame goes through SGN, so that even "
          "reconstructed frames differ a little from the original.", _N["10"]),
    # --------------------------------------------------------------------- live mixing
    Claim("goal-blends", "goal", "Between the nodes of a lattice over the simplex, blends of "
          "their pictures reach 45 dB to the exact ones, nine in ten of them at least.", _N["11"]),
    # --------------------------------------------------------------------- real images
    Claim("goal-real-corners", "goal", "Trained on real photographs and paintings, Models 1 to 3 "
          "have every loss least at its own corner on held-out images.", _N["12"]),
    Claim("goal-real-distances", "goal", "And the distance (KID) to every painter falls from "
          "reconstruction to the painter's corner.", _N["12"]),
    Claim("goal-real-concat", "goal", "On real images too, CONCAT's losses are the same at every "
          "S.", _N["12"]),
)
# fmt: on


def claims_of(notebook: str) -> tuple[Claim, ...]:
    """The claims that a notebook has to judge, in order.

    Raises:
        KeyError: No such notebook; the message lists all.
    """
    if notebook not in NOTEBOOKS:
        raise KeyError(f"no notebook {notebook!r}; there are {', '.join(NOTEBOOKS)}")
    return tuple(claim for claim in CLAIMS if claim.notebook == notebook)
