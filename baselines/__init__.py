"""Entries without a training loop of ours: rules, controls and classic machine learning."""

BASELINES = {
    "prior": "baselines.controls.prior:Prior",
    "missingness-only": "baselines.controls.missingness_only:MissingnessOnly",
    "border-only": "baselines.controls.border_only:BorderOnly",
    "background-only": "baselines.controls.background_only:BackgroundOnly",
    "site-only": "baselines.controls.site_only:SiteOnly",
    "rules-apl": "baselines.rules.apl:RulesApl",
    "rules-hematopoiesis": "baselines.rules.hematopoiesis:RulesHematopoiesis",
    "rules-mito": "baselines.rules.mito:RulesMito",
    "logistic-regression": "baselines.classic.logistic_regression:LogisticRegressionEntry",
    "random-forest": "baselines.classic.random_forest:RandomForestEntry",
    "random-forest-differential": "baselines.classic.random_forest_differential:RandomForestDifferential",
    "xgboost": "baselines.classic.xgboost_trees:XGBoostEntry",
    "xgboost-cells": "baselines.classic.xgboost_cells:XGBoostCells",
    "xgboost-tabular": "baselines.classic.xgboost_tabular:XGBoostTabular",
}
