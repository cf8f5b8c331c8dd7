"""What the report shows, in the paper's order: every table and figure, in our words.

A notebook that saves a figure or table named after an exhibit's `id`, or `id` and an underscore and
more ("fig1", "fig1_triangle"), has it shown there.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Exhibit:
    """One table or figure.

    Attributes:
        id: Prefix of the names of its files.
        anchor: What the paper calls it; "beyond the paper" for what it does not have.
        caption: What it shows, in our words.
        notebook: Which notebook makes it; empty where the report itself does.
        paper: What the paper's own version says, to be read beside ours.
    """

    id: str
    anchor: str
    caption: str
    notebook: str = ""
    paper: str = ""


BEYOND = "beyond the paper"

# fmt: off
EXHIBITS: tuple[Exhibit, ...] = (
    Exhibit("fig1", "Fig. 1", "One photo, one network, S at the corners, edges and centre of the "
            "simplex, and outside it.", "03_model_1",
            "Photo, Van Gogh and Udnie and their mixtures; (0, 1.5, 0) strengthens Van Gogh's "
            "style. No numbers are given."),
    Exhibit("fig2", "Fig. 2", "Hyper-parameter models need a training for every weighting of the "
            "losses; a sym-parameterised model takes the weighting as an input.",
            "00_what_is_a_sym_parameter"),
    Exhibit("fig3", "Fig. 3", "SGN for three losses: S enters the generator and weights the "
            "losses; the discriminator's loss is weighted with s of its domain.",
            "00_what_is_a_sym_parameter"),
    Exhibit("fig4", "Fig. 4", "CCAM: pooled features and the embedded S make one gate per channel.",
            "00_what_is_a_sym_parameter"),
    Exhibit("fig5", "Fig. 5", "The toy problem: labels, loss maps for three S, and the outputs of "
            "the sym model, of hyper-parameter models and of S_in.", "01_toy_problem",
            "The sym model follows the weighted loss for every S and looks like the "
            "hyper-parameter models; S_in always looks like the model of (0.5, 0.5)."),
    Exhibit("table1", "Table 1", "The toy problem: losses of one sym model and of five "
            "hyper-parameter models.", "01_toy_problem"),
    Exhibit("fig6", "Fig. 6", "Translations with Models 2 and 3.", "05_model_3",
            "Model 3 makes a winter picture with Monet's style at (0, 0.5, 0.5)."),
    Exhibit("table2", "Table 2", "The domains of the three models, each a loss with its data.", "",
            "The same: rec Photo, adv Van Gogh, per Udnie; rec Photo, adv Ukiyo-e, per Rain; "
            "rec Summer, adv Winter, adv Monet."),
    Exhibit("table3", "Table 3", "Model 1 against six hyper-parameter models: mean losses on test "
            "images.", "02_hyperparameter_baselines"),
    Exhibit("fig7", "Fig. 7", "Several data sets against several losses: SingleGAN and SGN on "
            "photos and on paintings by Monet that neither has seen.", "06_datasets_vs_losses",
            "At (1, 0, 0) SGN gives photo and painting back; SingleGAN transfers style, which the "
            "paintings show clearly."),
    Exhibit("fig8", "Fig. 8", "Three ways to inject S, on Model 2's setting.",
            "07_injection_ablation",
            "CONCAT's pictures are alike for all S; CBN's differ, but lean to one domain and have "
            "artefacts; CCAM's follow S."),
    Exhibit("table4", "Table 4", "The generator's layers at the paper's size.", "",
            "The same layers. It prints stride 7 for the output convolution, which the dimensions "
            "rule out."),
    Exhibit("fig9", "Fig. 9", "Toy problem: number of filters against loss.", "01_toy_problem",
            "With fewer filters the sym model's loss grows beyond the hyper-parameter models'; "
            "the authors call the difference not significant."),
    Exhibit("video", "Supp. B.2", "Continuous translation: S walks from corner to corner; the "
            "colour bar shows it.", "10_continuous_translation",
            "A video; reconstructed frames may differ a little from the original."),
    Exhibit("fig10", "Fig. 10", "Channel activation of the three CCAMs for the corners of S, one "
            "test image; deeper CCAMs below.", "08_ccam_activations",
            "The first CCAM closes no channel; deeper ones close more; the corners open different "
            "channels."),
    Exhibit("fig11", "Fig. 11", "The injection methods again, and in numbers.",
            "07_injection_ablation",
            "CBN lets domains in whose weight is zero; CCAM separates domains best."),
    Exhibit("fig12", "Fig. 12", "More translations with Model 1.", "03_model_1"),
    Exhibit("fig13", "Fig. 13", "More translations with Model 2.", "04_model_2"),
    Exhibit("fig14", "Fig. 14", "More translations with Model 3.", "05_model_3"),
    Exhibit("fig15", "Fig. 15", "Translations with an additional model.", "09_additional_models",
            "The paper does not name its domains; ours are Monet, Van Gogh and Udnie."),
    Exhibit("four", BEYOND, "A model with four domains.", "09_additional_models"),
    Exhibit("transfer", BEYOND, "Distance (KID) between translated images and the target domain, "
            "on the way from reconstruction to the domain's corner.", "03_model_1"),
    Exhibit("live", BEYOND, "How near the blends that the mixer shows while dragging are to the "
            "exact pictures.", "11_live_mixing"),
    Exhibit("real", BEYOND, "Models 1 to 3 trained on real photographs and paintings, Model 2 with "
            "CONCAT and CBN too: losses and distances on held-out images, and photographs that "
            "none of them has seen.",
            "12_real_images"),
)
# fmt: on
